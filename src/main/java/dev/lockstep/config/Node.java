package dev.lockstep.config;

/** A value of the configuration file that knows where it stands. */
sealed interface Node permits Scalar, Listing, Section {

    Place place();

    /** What it is, for messages: {@code a list}. */
    String kind();

    default boolean isNull() {
        return false;
    }
}
