-- What was said in a room: as one account saw it, or, where account is NULL, as
-- all did whose connections proved that they reach the same network.
CREATE TABLE log (
	id      BIGINT NOT NULL PRIMARY KEY,
	domain  TEXT NOT NULL,
	host    TEXT NOT NULL,
	room    TEXT NOT NULL,
	account BIGINT REFERENCES account (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX log_shared ON log (domain, host, room) WHERE account IS NULL;

CREATE UNIQUE INDEX log_own ON log (account, host, room) WHERE account IS NOT NULL;

CREATE TABLE line (
	log     BIGINT NOT NULL REFERENCES log (id) ON DELETE CASCADE,
	id      BIGINT NOT NULL, -- its time in Unix microseconds, and 10 bits more: see Place
	account BIGINT REFERENCES account (id) ON DELETE CASCADE, -- to whom it was said; NULL: to all
	public  BOOLEAN NOT NULL, -- said while everybody could come in
	nick    TEXT NOT NULL,
	netid   TEXT NOT NULL, -- the network's; '': none
	content BYTEA NOT NULL,
	PRIMARY KEY (log, id)
);

CREATE INDEX line_netid ON line (log, netid) WHERE netid <> '';

CREATE INDEX line_account ON line (account) WHERE account IS NOT NULL;

CREATE TABLE membership (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	log     BIGINT NOT NULL REFERENCES log (id) ON DELETE CASCADE,
	since   BIGINT NOT NULL, -- as line.id
	until   BIGINT NOT NULL, -- 0: it goes on
	PRIMARY KEY (account, log, since)
);

CREATE INDEX membership_log ON membership (log);
