package dev.lockstep.capture;

import org.jspecify.annotations.Nullable;

/** The stream of changes broke; it can be opened again at the stored position. */
public final class CaptureFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CaptureFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
