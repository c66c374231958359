package dev.lockstep.monitor;

/** Hears of every status that is read by the clock. Called by the clock's thread; must not block or throw. */
public interface Audience {

    /** Whether anybody would be told; else the status is read less often. */
    boolean present();

    void hear(LiveStatus status);
}
