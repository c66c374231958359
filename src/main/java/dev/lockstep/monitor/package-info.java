/** Metrics, lag, status and the HTTP endpoints. */
@NullMarked
package dev.lockstep.monitor;

import org.jspecify.annotations.NullMarked;
