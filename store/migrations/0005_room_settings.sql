-- What a user chose for a room, also while they are not in it.
CREATE TABLE room_setting (
	account  BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	room     TEXT NOT NULL,
	settings TEXT NOT NULL, -- a JSON object of strings
	PRIMARY KEY (account, room)
);
