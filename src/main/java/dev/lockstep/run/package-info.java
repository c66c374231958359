/** The sidecar: holds the lease, keeps the stream open, scans what has to be scanned. */
@NullMarked
package dev.lockstep.run;

import org.jspecify.annotations.NullMarked;
