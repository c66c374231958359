/** Plugins for a Kafka Connect worker: a sink that applies Debezium's topics, and Debezium's source made safe to kill. */
@NullMarked
package dev.lockstep.connect;

import org.jspecify.annotations.NullMarked;
