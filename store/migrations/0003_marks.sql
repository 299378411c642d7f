-- Whether the sender of a message wants to hear that it was read.
ALTER TABLE outgoing ADD COLUMN markable BOOLEAN NOT NULL DEFAULT FALSE;
