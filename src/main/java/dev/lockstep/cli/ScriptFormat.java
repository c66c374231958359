package dev.lockstep.cli;

/** How a plan is printed. In lower case, as they are written on the command line. */
enum ScriptFormat {
    sql,
    efcore
}
