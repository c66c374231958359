/** The changes that {@code run} takes in, kept in a Kafka topic. */
@NullMarked
package dev.lockstep.journal;

import org.jspecify.annotations.NullMarked;
