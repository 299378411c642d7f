CREATE TABLE outgoing (
	message  BIGINT NOT NULL, -- rises; never used twice
	part     BIGINT NOT NULL,
	parts    BIGINT NOT NULL,
	account  BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	state    BIGINT NOT NULL, -- below 3 it waits: see OutState
	attempts BIGINT NOT NULL,
	due      BIGINT NOT NULL, -- 0: now
	created  BIGINT NOT NULL,
	changed  BIGINT NOT NULL,
	told     BOOLEAN NOT NULL,
	receipt  BOOLEAN NOT NULL,
	lang     TEXT NOT NULL,
	chat     TEXT NOT NULL,
	stanza   TEXT NOT NULL,
	sender   TEXT NOT NULL, -- a full JID
	key      BYTEA, -- of the message, on part 0; NULL: never a repeat
	content  BYTEA, -- NULL: no longer needed
	PRIMARY KEY (message, part)
);

CREATE INDEX outgoing_waiting ON outgoing (account, message, part) WHERE state < 3;

CREATE INDEX outgoing_stanza ON outgoing (account, stanza);

CREATE UNIQUE INDEX outgoing_key ON outgoing (account, key) WHERE key IS NOT NULL;

CREATE TABLE network_id (
	account BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	message BIGINT NOT NULL,
	part    BIGINT NOT NULL,
	PRIMARY KEY (account, chat, id),
	FOREIGN KEY (message, part) REFERENCES outgoing (message, part) ON DELETE CASCADE
);

CREATE INDEX network_id_message ON network_id (message, part);

CREATE TABLE early_status (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	number  BIGINT NOT NULL, -- rises
	came    BIGINT NOT NULL,
	status  BYTEA NOT NULL,
	PRIMARY KEY (account, chat, id, number)
);

CREATE TABLE seen (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	hash    BYTEA NOT NULL, -- keyed, of chat and id
	came    BIGINT NOT NULL,
	PRIMARY KEY (account, hash)
);

CREATE TABLE incoming (
	id      BIGINT NOT NULL PRIMARY KEY, -- rises; never used twice
	domain  TEXT NOT NULL,
	jid     TEXT NOT NULL, -- bare
	account BIGINT REFERENCES account (id) ON DELETE CASCADE, -- NULL: of none
	created BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	content BYTEA NOT NULL
);

CREATE INDEX incoming_user ON incoming (domain, jid, id);

CREATE INDEX incoming_account ON incoming (account) WHERE account IS NOT NULL;
