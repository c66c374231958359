package dev.lockstep.vector;

import dev.lockstep.model.LockstepException;
import java.net.URI;

/** Where a store's server is, as messages may show it: without a path, a query, or a password. */
public final class StoreAddress {

    private StoreAddress() {}

    /**
     * {@code scheme://host:port}.
     *
     * @param port shown where the URL has none; negative shows none
     * @throws LockstepException when it is no URL of a server; names with underscores are none to Java
     */
    public static String of(URI url, int port) {
        String host = url.getHost();
        if (host == null || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
            throw LockstepException.wrongInput(
                    "the URL of a store is http:// or https:// and a host name without underscores; correct it");
        }
        int shown = url.getPort() < 0 ? port : url.getPort();
        return url.getScheme() + "://" + host + (shown < 0 ? "" : ":" + shown);
    }
}
