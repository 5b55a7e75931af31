//! What only the PostgreSQL store promises: refused settings, foreign and newer databases, several processes on one database.
