/** The page and its API: what an operator, a probe or Prometheus asks over HTTP. Only this package sees the web server. */
@NullMarked
package dev.lockstep.monitor.http;

import org.jspecify.annotations.NullMarked;
