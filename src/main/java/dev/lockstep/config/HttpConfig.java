package dev.lockstep.config;

/**
 * The HTTP endpoints.
 *
 * @param port 0 takes any free one
 * @param token control calls need it; empty turns them off
 */
public record HttpConfig(String host, int port, String token) {

    public static final HttpConfig DEFAULT = new HttpConfig("127.0.0.1", 8080, "");

    @Override
    public String toString() {
        return "HttpConfig[host=" + host + ", port=" + port + "]";
    }
}
