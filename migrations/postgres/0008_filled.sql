-- How many rows an outbox began with: those of a refill, for which the limit of rows makes room.

ALTER TABLE peers ADD COLUMN filled BIGINT NOT NULL DEFAULT 0;
