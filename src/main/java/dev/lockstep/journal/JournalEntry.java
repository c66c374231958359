package dev.lockstep.journal;

/** A record and where it stands. */
public record JournalEntry(int partition, long offset, JournalRecord change) {}
