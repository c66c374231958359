package dev.lockstep.model;

import java.time.Instant;

/**
 * How far the stream has been applied, and on which server that number means anything.
 *
 * @param lsn every transaction committed at or before it has been applied
 * @param systemId {@code pg_control_system().system_identifier}
 * @param timeline the timeline the LSN was read on
 * @param commitTime commit time of the last applied transaction, by the server's clock
 */
public record Position(Lsn lsn, long systemId, int timeline, Instant commitTime) {}
