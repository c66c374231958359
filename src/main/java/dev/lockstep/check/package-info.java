/** Whether a database and a role are ready for lockstep: facts read from the server, and pure checks over them. */
@NullMarked
package dev.lockstep.check;

import org.jspecify.annotations.NullMarked;
