-- Run once, when the database's volume is made. The hub's role owns its database and nothing else.
CREATE ROLE lintas LOGIN;
CREATE DATABASE lintas OWNER lintas ENCODING 'UTF8' TEMPLATE template0;
