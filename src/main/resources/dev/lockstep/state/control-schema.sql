-- lockstep's control schema, version 3. Idempotent: run on an installed one it changes nothing, on an older one it adds.
CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE IF NOT EXISTS {schema}.schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version int NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now());

-- Every writing transaction of ours locks the row of its session's seat FOR SHARE and checks the epoch: who raises it
-- in all rows shuts the others out. One row per seat, so that no two sessions share a lock: that would burn multixacts.
CREATE TABLE IF NOT EXISTS {schema}.fence (
  seat int PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  phase text NOT NULL DEFAULT 'SYNC' CHECK (phase IN ('SYNC', 'CUTOVER', 'CONTRACTED')));
ALTER TABLE {schema}.fence ADD COLUMN IF NOT EXISTS conflict text NOT NULL DEFAULT 'REPORT'
  CHECK (conflict IN ('REPORT', 'AGENT', 'PERSONA'));

-- Who runs. Apart from the fence, so that a frozen batch cannot hold up a takeover. The lease also ends with the
-- session that renews it, so that nobody waits for a process that was killed.
CREATE TABLE IF NOT EXISTS {schema}.lease (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch bigint NOT NULL DEFAULT 0,
  holder text NOT NULL DEFAULT '',
  backend_pid int NOT NULL DEFAULT 0,
  backend_start timestamptz NOT NULL DEFAULT '-infinity',
  expires_at timestamptz NOT NULL DEFAULT '-infinity');

-- Every transaction committed at or before lsn has been applied. opened_on is the publication that the stream is read
-- from, in its version: altered, and altered back, it is another, for what was written in between was not published.
CREATE TABLE IF NOT EXISTS {schema}.position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  lsn pg_lsn NOT NULL,
  system_id bigint NOT NULL,
  timeline int NOT NULL,
  commit_time timestamptz NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(),
  rows_streamed bigint NOT NULL DEFAULT 0,
  opened_on text NOT NULL DEFAULT '');

-- What could have been lost. Closed for the gate only when scanned, and verified clean after that.
CREATE TABLE IF NOT EXISTS {schema}.gap (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reason text NOT NULL,
  detail text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  from_lsn pg_lsn,
  to_lsn pg_lsn,
  stream_restored_at timestamptz,
  scanned_at timestamptz,
  verified_at timestamptz);

-- Scans of heap blocks, one row per table that holds rows: the backfill (gap_id 0), and one scan per gap.
CREATE TABLE IF NOT EXISTS {schema}.scan (
  gap_id bigint NOT NULL DEFAULT 0,
  table_schema text NOT NULL,
  table_name text NOT NULL,
  root_schema text NOT NULL,
  root_name text NOT NULL,
  relfilenode bigint NOT NULL DEFAULT 0,
  next_block bigint NOT NULL DEFAULT 0,
  end_block bigint,
  rows_written bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done')),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gap_id, table_schema, table_name));

-- Rows that cannot be derived, by key and reason; never their content.
CREATE TABLE IF NOT EXISTS {schema}.dead_letter (
  table_schema text NOT NULL,
  table_name text NOT NULL,
  key text[] NOT NULL,
  sqlstate text NOT NULL,
  reason text NOT NULL,
  first_seen timestamptz NOT NULL DEFAULT now(),
  last_tried timestamptz NOT NULL DEFAULT now(),
  next_try timestamptz NOT NULL DEFAULT now(),
  tries int NOT NULL DEFAULT 1,
  PRIMARY KEY (table_schema, table_name, key));
CREATE INDEX IF NOT EXISTS dead_letter_next_try ON {schema}.dead_letter (next_try);

-- Points of the stream that can be gone back to: each a copied slot, which holds the WAL from there on. A row whose slot
-- is gone is nothing.
CREATE TABLE IF NOT EXISTS {schema}.savepoint (
  name text PRIMARY KEY,
  slot text NOT NULL UNIQUE,
  automatic boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp());

-- The replay that runs, or was broken off: which changes, how far, and what came of it. Places are LSNs, or offsets of
-- the journal as PARTITION:OFFSET.
CREATE TABLE IF NOT EXISTS {schema}.replay_run (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  request text NOT NULL,
  start text NOT NULL,
  journal boolean NOT NULL,
  from_place text NOT NULL,
  to_place text NOT NULL,
  at_place text NOT NULL,
  changes bigint NOT NULL DEFAULT 0,
  checked bigint NOT NULL DEFAULT 0,
  mended bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp());

-- Since when the journal in Kafka holds every change; empty when it does not.
CREATE TABLE IF NOT EXISTS {schema}.journal_span (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  topic text NOT NULL,
  since_lsn pg_lsn NOT NULL,
  since_at timestamptz NOT NULL DEFAULT clock_timestamp());

-- What was verified when, for the gate and for the file.
CREATE TABLE IF NOT EXISTS {schema}.evidence (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  began_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT now(),
  as_of pg_lsn NOT NULL,
  system_id bigint NOT NULL,
  timeline int NOT NULL,
  clean boolean NOT NULL,
  report jsonb NOT NULL);
-- Each row's hash is of the row and of the hash before it, so that an edited or missing row shows. Rows of an older
-- version have none.
ALTER TABLE {schema}.evidence ADD COLUMN IF NOT EXISTS made_by text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS previous text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS hash text;

-- Vector stores outside the database: how far the sweep is, and what the last whole one saw. A sweep is due while more
-- were wanted than were served: one that was wanted after a pass began is served by the next.
CREATE TABLE IF NOT EXISTS {schema}.vector_store (
  store text PRIMARY KEY,
  sweeps_wanted bigint NOT NULL DEFAULT 1,
  sweeps_served bigint NOT NULL DEFAULT 0,
  hints_overflowed boolean NOT NULL DEFAULT false,
  pass bigint NOT NULL DEFAULT 0,
  pass_wanted bigint NOT NULL DEFAULT 0,
  pass_epoch bigint NOT NULL DEFAULT 0,
  pass_cursor text,
  pass_began_at timestamptz,
  pass_points bigint NOT NULL DEFAULT 0,
  pass_orphaned bigint NOT NULL DEFAULT 0,
  swept_epoch bigint NOT NULL DEFAULT 0,
  swept_at timestamptz,
  points bigint NOT NULL DEFAULT 0,
  orphaned bigint NOT NULL DEFAULT 0,
  stamped bigint NOT NULL DEFAULT 0,
  trouble text NOT NULL DEFAULT '',
  trouble_since timestamptz);

-- Messages and conversations whose points may be out of step: a hint, not a value.
CREATE TABLE IF NOT EXISTS {schema}.vector_hint (
  store text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('message', 'conversation')),
  key text NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 0,
  tries int NOT NULL DEFAULT 0,
  due timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (store, kind, key));
CREATE INDEX IF NOT EXISTS vector_hint_due ON {schema}.vector_hint (store, due);

-- Points whose conversation is not known, by age.
CREATE TABLE IF NOT EXISTS {schema}.vector_legacy (
  store text NOT NULL,
  point text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  pass bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (store, point));

-- What the operator asked for: a pause, and limits of the throttle in place of the defaults. pause_ended says why the
-- last pause ended by itself.
CREATE TABLE IF NOT EXISTS {schema}.control (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  paused_at timestamptz,
  paused_by text NOT NULL DEFAULT '',
  pause_ended text NOT NULL DEFAULT '',
  throttle_limits jsonb NOT NULL DEFAULT '{}');

-- What the runner saw and nobody else can know; written when it changes.
CREATE TABLE IF NOT EXISTS {schema}.observed (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  wal_bytes_per_second double precision,
  wal_free_disk_bytes bigint);
-- When the lag was last beyond what a cutover bears, or not watched; empty while only an older release ever ran, which does
-- not know of turning either.
ALTER TABLE {schema}.observed ADD COLUMN IF NOT EXISTS lag_beyond_at timestamptz;

-- Rows that writers put there who know nothing of agents, by the hour of their commit.
CREATE TABLE IF NOT EXISTS {schema}.census (
  table_schema text NOT NULL,
  table_name text NOT NULL,
  hour timestamptz NOT NULL,
  writes bigint NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (table_schema, table_name, hour));

-- Who was connected while such rows came: one of them wrote them.
CREATE TABLE IF NOT EXISTS {schema}.census_client (
  application_name text NOT NULL,
  user_name text NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (application_name, user_name));

INSERT INTO {schema}.schema_version AS v (version) VALUES (3)
  ON CONFLICT (one) DO UPDATE SET version = excluded.version WHERE v.version < excluded.version;
INSERT INTO {schema}.control DEFAULT VALUES ON CONFLICT DO NOTHING;
INSERT INTO {schema}.observed DEFAULT VALUES ON CONFLICT DO NOTHING;
INSERT INTO {schema}.fence (seat, epoch, phase, conflict)
  SELECT seat, coalesce((SELECT max(epoch) FROM {schema}.fence), 0),
    coalesce((SELECT phase FROM {schema}.fence ORDER BY seat LIMIT 1), 'SYNC'),
    coalesce((SELECT conflict FROM {schema}.fence ORDER BY seat LIMIT 1), 'REPORT')
  FROM generate_series(0, 67) seat ON CONFLICT DO NOTHING;
INSERT INTO {schema}.lease DEFAULT VALUES ON CONFLICT DO NOTHING;
