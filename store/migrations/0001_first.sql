CREATE TABLE instance (
	name  TEXT NOT NULL PRIMARY KEY,
	value BYTEA NOT NULL -- sealed
);

CREATE TABLE counter (
	name  TEXT NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL -- the last number given out: numbers are never used twice
);

CREATE TABLE account (
	id         BIGINT NOT NULL PRIMARY KEY,
	domain     TEXT NOT NULL,
	jid        TEXT NOT NULL, -- bare
	scope      TEXT NOT NULL,
	registered BOOLEAN NOT NULL,
	settings   TEXT NOT NULL, -- a JSON object of strings
	created    BIGINT NOT NULL, -- Unix milliseconds, as all times
	suspended  BIGINT NOT NULL, -- 0: active
	UNIQUE (domain, jid, scope)
);

CREATE TABLE secret (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	field   TEXT NOT NULL,
	value   BYTEA NOT NULL, -- sealed
	PRIMARY KEY (account, field)
);

CREATE TABLE save (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name    TEXT NOT NULL,
	value   BYTEA NOT NULL,
	sealed  BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);

CREATE TABLE room (
	account    BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	nick       TEXT NOT NULL,
	password   BYTEA, -- sealed; NULL: none
	persistent BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);

CREATE TABLE resource (
	account  BIGINT NOT NULL,
	room     TEXT NOT NULL,
	resource TEXT NOT NULL,
	PRIMARY KEY (account, room, resource),
	FOREIGN KEY (account, room) REFERENCES room (account, name) ON DELETE CASCADE
);

CREATE TABLE contact (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL, -- the user's, bare
	name   TEXT NOT NULL, -- '': the gateway itself
	ours   BIGINT NOT NULL,
	theirs BIGINT NOT NULL,
	asked  BIGINT NOT NULL, -- 0: never
	PRIMARY KEY (domain, jid, name)
);

CREATE TABLE language (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL,
	tag    TEXT NOT NULL,
	PRIMARY KEY (domain, jid)
);
