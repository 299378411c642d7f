PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO account VALUES(1,'irc.example.org','romeo@example.org','irc.example.net',1,'{"nick":"romeo"}',1763697600000,0);
INSERT INTO account VALUES(2,'irc.example.org','juliet@example.org','',0,'{}',1763697600000,1763701200000);
CREATE TABLE contact (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL, -- the user's, bare
	name   TEXT NOT NULL, -- '': the gateway itself
	ours   BIGINT NOT NULL,
	theirs BIGINT NOT NULL,
	asked  BIGINT NOT NULL, -- 0: never
	PRIMARY KEY (domain, jid, name)
);
INSERT INTO contact VALUES('irc.example.org','romeo@example.org','',1,2,1763699400000);
INSERT INTO contact VALUES('irc.example.org','romeo@example.org','mercutio%irc.example.net',0,2,0);
CREATE TABLE counter (
	name  TEXT NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL -- the last number given out: numbers are never used twice
);
INSERT INTO counter VALUES('account',2);
INSERT INTO counter VALUES('message',1763701267108864);
INSERT INTO counter VALUES('log',2);
CREATE TABLE early_status (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	number  BIGINT NOT NULL, -- rises
	came    BIGINT NOT NULL,
	status  BYTEA NOT NULL,
	PRIMARY KEY (account, chat, id, number)
);
INSERT INTO early_status VALUES(1,'mercutio','id2',1763701200000003,1763701200000,X'72656164');
CREATE TABLE incoming (
	id      BIGINT NOT NULL PRIMARY KEY, -- rises; never used twice
	domain  TEXT NOT NULL,
	jid     TEXT NOT NULL, -- bare
	account BIGINT REFERENCES account (id) ON DELETE CASCADE, -- NULL: of none
	created BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	content BYTEA NOT NULL
);
INSERT INTO incoming VALUES(1763701200000001,'irc.example.org','romeo@example.org',1,1763701200000,'mercutio',X'6369616f');
INSERT INTO incoming VALUES(1763701200000002,'irc.example.org','romeo@example.org',NULL,1763701200000,'',X'77656c636f6d65');
CREATE TABLE instance (
	name  TEXT NOT NULL PRIMARY KEY,
	value BYTEA NOT NULL -- sealed
);
INSERT INTO instance VALUES('key',X'0174ba7c2fc8119fc84e18caa8494ed4a56db17be2828f229674f8ce1d1efec6f88917227f71323a07558b56e5caca0759d84be14d8cd1163fb4b1d9caa15da674c9d8de00b9b30752aff2b034');
CREATE TABLE language (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL,
	tag    TEXT NOT NULL,
	PRIMARY KEY (domain, jid)
);
INSERT INTO language VALUES('irc.example.org','romeo@example.org','de');
CREATE TABLE network_id (
	account BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	message BIGINT NOT NULL,
	part    BIGINT NOT NULL,
	PRIMARY KEY (account, chat, id),
	FOREIGN KEY (message, part) REFERENCES outgoing (message, part) ON DELETE CASCADE
);
INSERT INTO network_id VALUES(1,'mercutio','id1',1763701200000000,1);
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
	content  BYTEA, markable BOOLEAN NOT NULL DEFAULT FALSE, -- NULL: no longer needed
	PRIMARY KEY (message, part)
);
INSERT INTO outgoing VALUES(1763701200000000,0,2,1,2,2,1763704800000,1763701200000,1763701260000,1,1,'it','mercutio','s1','romeo@example.org/orchard',X'6669727374',X'6369616f',0);
INSERT INTO outgoing VALUES(1763701200000000,1,2,1,3,1,0,1763701200000,1763701260000,0,1,'it','mercutio','s1','romeo@example.org/orchard',NULL,NULL,0);
CREATE TABLE resource (
	account  BIGINT NOT NULL,
	room     TEXT NOT NULL,
	resource TEXT NOT NULL,
	PRIMARY KEY (account, room, resource),
	FOREIGN KEY (account, room) REFERENCES room (account, name) ON DELETE CASCADE
);
INSERT INTO resource VALUES(1,'#balcony','orchard');
INSERT INTO resource VALUES(1,'#balcony','street');
CREATE TABLE room (
	account    BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	nick       TEXT NOT NULL,
	password   BYTEA, -- sealed; NULL: none
	persistent BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);
INSERT INTO room VALUES(1,'#balcony','romeo',X'0174ba7c2f37cfd563eb51652381ebb9a8a04539589c12ec5df4f9d2037702e3e356e4545943e1d90deb7b43fddac852d2',1);
INSERT INTO room VALUES(1,'#crypt','romeo',NULL,0);
CREATE TABLE room_setting (
	account  BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	room     TEXT NOT NULL,
	settings TEXT NOT NULL, -- a JSON object of strings
	PRIMARY KEY (account, room)
);
INSERT INTO room_setting VALUES(1,'#balcony','{"encoding_in":"koi8-r","record_history":"false"}');
CREATE TABLE save (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name    TEXT NOT NULL,
	value   BYTEA NOT NULL,
	sealed  BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);
INSERT INTO save VALUES(1,'position',X'3137',0);
INSERT INTO save VALUES(1,'token',X'0174ba7c2f50520a73fef654d05d91672ece8963854087d90c310770284403d8a3b904a655257751533908f212e79447d10e874bc5ca',1);
CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, made BIGINT NOT NULL);
INSERT INTO schema_version VALUES(1,'0001_first.sql',1795234304729);
INSERT INTO schema_version VALUES(2,'0002_boxes.sql',1795234304729);
INSERT INTO schema_version VALUES(3,'0003_marks.sql',1795826400000);
INSERT INTO schema_version VALUES(4,'0004_archive.sql',1795842000000);
INSERT INTO schema_version VALUES(5,'0005_room_settings.sql',1795855000000);
INSERT INTO schema_version VALUES(6,'0006_trail.sql',1795876200000);
CREATE TABLE secret (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	field   TEXT NOT NULL,
	value   BYTEA NOT NULL, -- sealed
	PRIMARY KEY (account, field)
);
INSERT INTO secret VALUES(1,'pass',X'0174ba7c2fe9b6e1824c725ff39105c27e43770561f6f5e9f2c0518cdb9cd64784f031c38b4b1fca1ee85dc394f177789b5d68da80');
INSERT INTO secret VALUES(1,'sasl_password',X'0174ba7c2f2f71db736958e2a2cf2c2f0b808f8748dc357fd8876f4395df32fb100132d38a716162b2ddf41dd3fb58f7');
CREATE TABLE seen (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	hash    BYTEA NOT NULL, -- keyed, of chat and id
	came    BIGINT NOT NULL,
	PRIMARY KEY (account, hash)
);
INSERT INTO seen VALUES(1,X'7d7d63044793be641b6d9ad8b1012ac5',1763701200000);
CREATE TABLE log (
	id      BIGINT NOT NULL PRIMARY KEY,
	domain  TEXT NOT NULL,
	host    TEXT NOT NULL,
	room    TEXT NOT NULL,
	account BIGINT REFERENCES account (id) ON DELETE CASCADE
);
INSERT INTO log VALUES(1,'irc.example.org','irc.example.net','#balcony',NULL);
INSERT INTO log VALUES(2,'irc.example.org','irc.example.net','#crypt',1);
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
INSERT INTO line VALUES(1,1806030028800000000,NULL,1,'juliet','msg1',X'010000');
INSERT INTO line VALUES(1,1806030028800001024,1,0,'nurse','',X'010001');
INSERT INTO line VALUES(2,1806030028800000000,NULL,0,'romeo','',X'010002');
CREATE TABLE membership (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	log     BIGINT NOT NULL REFERENCES log (id) ON DELETE CASCADE,
	since   BIGINT NOT NULL, -- as line.id
	until   BIGINT NOT NULL, -- 0: it goes on
	PRIMARY KEY (account, log, since)
);
INSERT INTO membership VALUES(1,1,1806030000000000000,1806030000000001024);
INSERT INTO membership VALUES(1,1,1806030028800000000,0);
CREATE TABLE trail (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	number  BIGINT NOT NULL, -- rises; never used twice
	ref     TEXT NOT NULL, -- the network's name of the message
	chat    TEXT NOT NULL,
	stanza  TEXT NOT NULL, -- by which the user's clients know it
	thread  TEXT NOT NULL, -- as the network has it
	shown   TEXT NOT NULL, -- the thread as the user's clients have it
	answers TEXT NOT NULL, -- the ref of another one, which was not known then
	whose   BIGINT NOT NULL, -- see Whose
	said    BIGINT NOT NULL,
	content BYTEA, -- NULL: none
	PRIMARY KEY (account, number)
);
INSERT INTO trail VALUES(1,1763701200000003,'mail1@example.org','mercutio','s0','thread1','t1','mail0@example.org',0,1763701140000,X'7b7d');
INSERT INTO trail VALUES(1,1763701200000004,'mail2@example.org','mercutio','s1','thread1','t1','',1,1763701200000,NULL);
CREATE INDEX outgoing_waiting ON outgoing (account, message, part) WHERE state < 3;
CREATE INDEX outgoing_stanza ON outgoing (account, stanza);
CREATE UNIQUE INDEX outgoing_key ON outgoing (account, key) WHERE key IS NOT NULL;
CREATE INDEX network_id_message ON network_id (message, part);
CREATE INDEX incoming_user ON incoming (domain, jid, id);
CREATE INDEX incoming_account ON incoming (account) WHERE account IS NOT NULL;
CREATE UNIQUE INDEX log_shared ON log (domain, host, room) WHERE account IS NULL;
CREATE UNIQUE INDEX log_own ON log (account, host, room) WHERE account IS NOT NULL;
CREATE INDEX line_netid ON line (log, netid) WHERE netid <> '';
CREATE INDEX line_account ON line (account) WHERE account IS NOT NULL;
CREATE INDEX membership_log ON membership (log);
CREATE INDEX trail_ref ON trail (account, ref, number);
CREATE INDEX trail_chat ON trail (account, chat, number);
CREATE INDEX trail_stanza ON trail (account, chat, stanza, number);
CREATE INDEX trail_shown ON trail (account, chat, shown, number);
CREATE INDEX trail_thread ON trail (account, thread, number);
CREATE INDEX trail_answers ON trail (account, answers, number) WHERE answers <> '';
COMMIT;
