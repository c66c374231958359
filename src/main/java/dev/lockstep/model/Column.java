package dev.lockstep.model;

/**
 * A column with the type lockstep reads it as.
 *
 * @param name exact catalog name, unquoted
 * @param type its type
 */
public record Column(String name, ColumnType type) {}
