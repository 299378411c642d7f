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
INSERT INTO "account" VALUES(1,'irc.example.org','romeo@example.org','irc.example.net',1,'{"nick":"romeo"}',1763697600000,0);
INSERT INTO "account" VALUES(2,'irc.example.org','juliet@example.org','',0,'{}',1763697600000,1763701200000);
CREATE TABLE contact (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL, -- the user's, bare
	name   TEXT NOT NULL, -- '': the gateway itself
	ours   BIGINT NOT NULL,
	theirs BIGINT NOT NULL,
	asked  BIGINT NOT NULL, -- 0: never
	PRIMARY KEY (domain, jid, name)
);
INSERT INTO "contact" VALUES('irc.example.org','romeo@example.org','',1,2,1763699400000);
INSERT INTO "contact" VALUES('irc.example.org','romeo@example.org','mercutio%irc.example.net',0,2,0);
CREATE TABLE counter (
	name  TEXT NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL -- the last number given out: numbers are never used twice
);
INSERT INTO "counter" VALUES('account',2);
INSERT INTO "counter" VALUES('message',1763701267108864);
CREATE TABLE early_status (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	number  BIGINT NOT NULL, -- rises
	came    BIGINT NOT NULL,
	status  BYTEA NOT NULL,
	PRIMARY KEY (account, chat, id, number)
);
INSERT INTO "early_status" VALUES(1,'mercutio','id2',1763701200000003,1763701200000,X'72656164');
CREATE TABLE incoming (
	id      BIGINT NOT NULL PRIMARY KEY, -- rises; never used twice
	domain  TEXT NOT NULL,
	jid     TEXT NOT NULL, -- bare
	account BIGINT REFERENCES account (id) ON DELETE CASCADE, -- NULL: of none
	created BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	content BYTEA NOT NULL
);
INSERT INTO "incoming" VALUES(1763701200000001,'irc.example.org','romeo@example.org',1,1763701200000,'mercutio',X'6369616F');
INSERT INTO "incoming" VALUES(1763701200000002,'irc.example.org','romeo@example.org',NULL,1763701200000,'',X'77656C636F6D65');
CREATE TABLE instance (
	name  TEXT NOT NULL PRIMARY KEY,
	value BYTEA NOT NULL -- sealed
);
INSERT INTO "instance" VALUES('key',X'0174BA7C2FC8119FC84E18CAA8494ED4A56DB17BE2828F229674F8CE1D1EFEC6F88917227F71323A07558B56E5CACA0759D84BE14D8CD1163FB4B1D9CAA15DA674C9D8DE00B9B30752AFF2B034');
CREATE TABLE language (
	domain TEXT NOT NULL,
	jid    TEXT NOT NULL,
	tag    TEXT NOT NULL,
	PRIMARY KEY (domain, jid)
);
INSERT INTO "language" VALUES('irc.example.org','romeo@example.org','de');
CREATE TABLE network_id (
	account BIGINT NOT NULL,
	chat    TEXT NOT NULL,
	id      TEXT NOT NULL,
	message BIGINT NOT NULL,
	part    BIGINT NOT NULL,
	PRIMARY KEY (account, chat, id),
	FOREIGN KEY (message, part) REFERENCES outgoing (message, part) ON DELETE CASCADE
);
INSERT INTO "network_id" VALUES(1,'mercutio','id1',1763701200000000,1);
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
INSERT INTO "outgoing" VALUES(1763701200000000,0,2,1,2,2,1763704800000,1763701200000,1763701260000,1,1,'it','mercutio','s1','romeo@example.org/orchard',X'6669727374',X'6369616F',0);
INSERT INTO "outgoing" VALUES(1763701200000000,1,2,1,3,1,0,1763701200000,1763701260000,0,1,'it','mercutio','s1','romeo@example.org/orchard',NULL,NULL,0);
CREATE TABLE resource (
	account  BIGINT NOT NULL,
	room     TEXT NOT NULL,
	resource TEXT NOT NULL,
	PRIMARY KEY (account, room, resource),
	FOREIGN KEY (account, room) REFERENCES room (account, name) ON DELETE CASCADE
);
INSERT INTO "resource" VALUES(1,'#balcony','orchard');
INSERT INTO "resource" VALUES(1,'#balcony','street');
CREATE TABLE room (
	account    BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	nick       TEXT NOT NULL,
	password   BYTEA, -- sealed; NULL: none
	persistent BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);
INSERT INTO "room" VALUES(1,'#balcony','romeo',X'0174BA7C2F37CFD563EB51652381EBB9A8A04539589C12EC5DF4F9D2037702E3E356E4545943E1D90DEB7B43FDDAC852D2',1);
INSERT INTO "room" VALUES(1,'#crypt','romeo',NULL,0);
CREATE TABLE save (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	name    TEXT NOT NULL,
	value   BYTEA NOT NULL,
	sealed  BOOLEAN NOT NULL,
	PRIMARY KEY (account, name)
);
INSERT INTO "save" VALUES(1,'position',X'3137',0);
INSERT INTO "save" VALUES(1,'token',X'0174BA7C2F50520A73FEF654D05D91672ECE8963854087D90C310770284403D8A3B904A655257751533908F212E79447D10E874BC5CA',1);
CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, made BIGINT NOT NULL);
INSERT INTO "schema_version" VALUES(1,'0001_first.sql',1795234304729);
INSERT INTO "schema_version" VALUES(2,'0002_boxes.sql',1795234304729);
INSERT INTO "schema_version" VALUES(3,'0003_marks.sql',1795826400000);
CREATE TABLE secret (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	field   TEXT NOT NULL,
	value   BYTEA NOT NULL, -- sealed
	PRIMARY KEY (account, field)
);
INSERT INTO "secret" VALUES(1,'pass',X'0174BA7C2FE9B6E1824C725FF39105C27E43770561F6F5E9F2C0518CDB9CD64784F031C38B4B1FCA1EE85DC394F177789B5D68DA80');
INSERT INTO "secret" VALUES(1,'sasl_password',X'0174BA7C2F2F71DB736958E2A2CF2C2F0B808F8748DC357FD8876F4395DF32FB100132D38A716162B2DDF41DD3FB58F7');
CREATE TABLE seen (
	account BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	hash    BYTEA NOT NULL, -- keyed, of chat and id
	came    BIGINT NOT NULL,
	PRIMARY KEY (account, hash)
);
INSERT INTO "seen" VALUES(1,X'7D7D63044793BE641B6D9AD8B1012AC5',1763701200000);
CREATE INDEX outgoing_waiting ON outgoing (account, message, part) WHERE state < 3;
CREATE INDEX outgoing_stanza ON outgoing (account, stanza);
CREATE UNIQUE INDEX outgoing_key ON outgoing (account, key) WHERE key IS NOT NULL;
CREATE INDEX network_id_message ON network_id (message, part);
CREATE INDEX incoming_user ON incoming (domain, jid, id);
CREATE INDEX incoming_account ON incoming (account) WHERE account IS NOT NULL;
COMMIT;
