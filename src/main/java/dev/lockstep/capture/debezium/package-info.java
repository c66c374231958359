/** Debezium's embedded engine as a source of changes, with the position guard before it. */
@NullMarked
package dev.lockstep.capture.debezium;

import org.jspecify.annotations.NullMarked;
