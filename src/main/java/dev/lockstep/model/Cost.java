package dev.lockstep.model;

/**
 * What a step of the migration took.
 *
 * @param rows written by it, or, by a verification, compared
 * @param seconds by the clock of the process
 * @param walBytes by which the server's log grew meanwhile, whoever wrote it
 */
public record Cost(long rows, double seconds, long walBytes) {}
