package dev.lockstep.monitor.http;

import dev.lockstep.config.HttpConfig;
import dev.lockstep.model.LockstepException;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.UnauthorizedResponse;
import io.javalin.http.UnsupportedMediaTypeResponse;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may ask for what. Thread-safe. */
final class Access {

    /** On every answer. */
    static final Map<String, String> HEADERS = Map.of(
            "X-Frame-Options", "DENY",
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Cross-Origin-Opener-Policy", "same-origin",
            "Cache-Control", "no-store",
            "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
                            + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'");

    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final String SCHEME = "Bearer ";

    private final HttpConfig config;
    private final boolean loopback;

    private Access(HttpConfig config, boolean loopback) {
        this.config = config;
        this.loopback = loopback;
    }

    /** @throws LockstepException when other machines could connect and there is no token, or the host has no address */
    static Access of(HttpConfig config) {
        boolean loopback = loopback(config.host());
        if (!loopback && config.token().isBlank()) {
            throw LockstepException.wrongInput("http.host " + config.host()
                    + " can be reached from other machines and http.token is not set: set http.token"
                    + " (such as ${LOCKSTEP_TOKEN}), or take http.host 127.0.0.1");
        }
        return new Access(config, loopback);
    }

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new LockstepException(
                    LockstepException.Kind.WRONG_INPUT,
                    "http.host " + host + " has no address; write one of this machine, such as 127.0.0.1",
                    e);
        }
    }

    void headers(Context ctx) {
        HEADERS.forEach(ctx::header);
    }

    /** Another site's name that a browser was made to resolve to this machine gets nothing. */
    void host(Context ctx) {
        if (loopback && !LOOPBACK_NAMES.contains(name(ctx.header("Host")))) {
            throw new ForbiddenResponse("this address serves localhost alone: ask for http://127.0.0.1:"
                    + ctx.req().getLocalPort()); // the port of the Host header is what the other name says
        }
    }

    /** Control calls: from our own page or from no page at all, and with the token. */
    void control(Context ctx) {
        if (config.token().isBlank()) {
            throw new ForbiddenResponse("control calls are off: set http.token in the configuration and start again");
        }
        String site = ctx.header("Sec-Fetch-Site");
        if ((site != null && !OWN_SITE.contains(site)) || foreign(ctx.header("Origin"), ctx.header("Host"))) {
            throw new ForbiddenResponse("control calls are taken from this page alone, not from other sites");
        }
        if (!granted(ctx.header("Authorization"))) {
            ctx.header("WWW-Authenticate", "Bearer");
            throw new UnauthorizedResponse(
                    "send the header Authorization: Bearer with the http.token of the configuration");
        }
    }

    /** Of a body, if there is one. */
    void json(Context ctx, byte[] body) {
        String type = ctx.contentType();
        if (body.length > 0 && (type == null || !type.toLowerCase(Locale.ROOT).matches("application/json(;.*)?"))) {
            throw new UnsupportedMediaTypeResponse("send the body with Content-Type: application/json");
        }
    }

    private boolean granted(@Nullable String authorization) {
        return authorization != null
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && MessageDigest.isEqual(
                        authorization.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8),
                        config.token().strip().getBytes(StandardCharsets.UTF_8));
    }

    /** Whatever ends TLS before us keeps Host and Origin alike, but for the scheme. */
    private static boolean foreign(@Nullable String origin, @Nullable String host) {
        return origin != null && !(origin.equals("http://" + host) || origin.equals("https://" + host));
    }

    /** Without the port. */
    private static String name(@Nullable String host) {
        return host == null ? "" : host.replaceFirst(":\\d*$", "").toLowerCase(Locale.ROOT);
    }
}
