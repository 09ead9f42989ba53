-- The things that a mute is about, see store.Mute; empty if it is about all of them.
ALTER TABLE mutes ADD COLUMN things text NOT NULL DEFAULT '';
