-- The tables of the hosting kit, version 1: the same text for SQLite and PostgreSQL, and for every language.
--
-- Times are in milliseconds since 1970. JSON is text: its form is idvkit's, and only columns are queried. In SQLite, the type
-- names are only hints: BIGINT holds integers, BYTEA holds blobs.

CREATE TABLE idvkit_verification (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,        -- the host's own name of the verification, such as an order number
    subject TEXT NOT NULL,           -- the host's own name of the user who may see it
    provider TEXT NOT NULL,          -- of the session that decided, or is tried now
    account TEXT NOT NULL,
    revision BIGINT NOT NULL,        -- for compare-and-swap
    snapshot TEXT NOT NULL,          -- the state; may be encrypted
    due BIGINT,                      -- when a worker has to look at it; null: never
    leased BIGINT NOT NULL DEFAULT 0, -- until when a worker has taken it; every change ends the lease
    outcome TEXT,                    -- JSON; null while it runs
    delivery TEXT,                   -- JSON of the newest delivery of the outcome; null if there is none
    undelivered BIGINT,              -- when that delivery is due; null if nothing waits to be delivered
    created BIGINT NOT NULL,
    ended BIGINT,                    -- when the first outcome was stored
    erased BIGINT                    -- when evidence and personal data were erased
);
CREATE INDEX idvkit_verification_due ON idvkit_verification (due) WHERE due IS NOT NULL;
CREATE INDEX idvkit_verification_ended ON idvkit_verification (ended) WHERE ended IS NOT NULL AND erased IS NULL;
CREATE INDEX idvkit_verification_subject ON idvkit_verification (subject, created);
CREATE INDEX idvkit_verification_created ON idvkit_verification (created);
CREATE INDEX idvkit_verification_undelivered ON idvkit_verification (undelivered) WHERE undelivered IS NOT NULL;

-- The providers' ids, by which a callback or redirect finds its verification.
CREATE TABLE idvkit_reference (
    account TEXT NOT NULL,
    reference TEXT NOT NULL,
    verification TEXT NOT NULL REFERENCES idvkit_verification (id) ON DELETE CASCADE,
    PRIMARY KEY (account, reference)
);
CREATE INDEX idvkit_reference_verification ON idvkit_reference (verification);

-- Images that wait to be sent, and long answers that decided; may be encrypted.
CREATE TABLE idvkit_blob (
    verification TEXT NOT NULL REFERENCES idvkit_verification (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (verification, digest)
);

-- What happened to a verification, for its timeline: never a secret, never personal data.
CREATE TABLE idvkit_event (
    verification TEXT NOT NULL REFERENCES idvkit_verification (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    event TEXT NOT NULL              -- JSON
);
CREATE INDEX idvkit_event_verification ON idvkit_event (verification, at);
