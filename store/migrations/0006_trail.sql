-- What messages leave for those that answer them.
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

CREATE INDEX trail_ref ON trail (account, ref, number);

CREATE INDEX trail_chat ON trail (account, chat, number);

CREATE INDEX trail_stanza ON trail (account, chat, stanza, number);

CREATE INDEX trail_shown ON trail (account, chat, shown, number);

CREATE INDEX trail_thread ON trail (account, thread, number);

CREATE INDEX trail_answers ON trail (account, answers, number) WHERE answers <> '';
