package dev.lockstep.bench;

/**
 * What one load on one database did.
 *
 * @param sidecarCpu percent of a core
 * @param serverCpu percent of a core
 * @param machineCpu percent of a core
 * @param stolen percent of the processor time that was wanted and that the hypervisor gave to other machines
 * @param lag WAL that the sidecar had not yet applied at its end, in bytes
 */
record Turn(Pgbench.Run run, double sidecarCpu, double serverCpu, double machineCpu, double stolen, long lag) {

    double perSecond() {
        return run.perSecond();
    }

    /** In milliseconds. */
    double p50() {
        return run.millis(0.5);
    }

    /** In milliseconds. */
    double p99() {
        return run.millis(0.99);
    }

    /** Processor time of a transaction in microseconds, in the server. */
    double server() {
        return serverCpu * 10_000 / perSecond();
    }

    /** The same in the sidecar. */
    double own() {
        return sidecarCpu * 10_000 / perSecond();
    }
}
