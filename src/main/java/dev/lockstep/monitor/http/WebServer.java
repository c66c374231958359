package dev.lockstep.monitor.http;

import dev.lockstep.config.HttpConfig;
import dev.lockstep.model.LockstepException;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.staticfiles.Location;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Javalin, small: few threads, few connections, and every failure in one line. */
final class WebServer {

    private static final Logger log = LoggerFactory.getLogger(WebServer.class);
    private static final String CHARTS = "META-INF/resources/webjars/uplot/1.6.30";
    private static final int MOST_CONNECTIONS = 128;
    private static final int IDLE_MILLIS = 30_000;

    private WebServer() {}

    /** @throws io.javalin.util.JavalinBindException when the port is taken */
    static Javalin start(HttpConfig where, QueuedThreadPool threads, Consumer<RoutesConfig> routes) {
        return Javalin.create(config -> configure(config, where, threads, routes))
                .start();
    }

    private static void configure(
            JavalinConfig config, HttpConfig where, QueuedThreadPool threads, Consumer<RoutesConfig> routes) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.prefer405over404 = true;
        config.jetty.threadPool = threads;
        config.jetty.modifyServer(server -> {
            server.setStopTimeout(0);
            server.setErrorHandler(WebServer::malformed);
            server.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, server));
        });
        config.jetty.addConnector((server, http) -> connector(server, http, where));
        files(config, "/", "dev/lockstep/monitor/http/page");
        files(config, "/uplot", CHARTS);
        config.routes.exception(HttpResponseException.class, WebServer::refused);
        config.routes.exception(LockstepException.class, WebServer::notDone);
        config.routes.exception(
                TimeoutException.class, (e, ctx) -> answer(ctx, 503, "the database server does not answer"));
        config.routes.exception(Exception.class, WebServer::failed);
        routes.accept(config.routes);
    }

    private static ServerConnector connector(Server server, HttpConfiguration http, HttpConfig where) {
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(where.host());
        connector.setPort(where.port());
        connector.setIdleTimeout(IDLE_MILLIS);
        return connector;
    }

    private static void files(JavalinConfig config, String path, String folder) {
        config.staticFiles.add(files -> {
            files.hostedPath = path;
            files.directory = folder;
            files.location = Location.CLASSPATH;
            files.headers = Map.of("Cache-Control", "no-cache");
        });
    }

    private static void refused(HttpResponseException e, Context ctx) {
        answer(
                ctx,
                e.getStatus(),
                switch (e.getStatus()) {
                    case 404 -> "there is nothing here; / is the page, /api/status the status";
                    case 405 -> ctx.method() + " is not answered here";
                    default -> String.valueOf(e.getMessage());
                });
    }

    private static void notDone(LockstepException e, Context ctx) {
        answer(ctx, e.kind() == LockstepException.Kind.WRONG_INPUT ? 400 : 503, String.valueOf(e.getMessage()));
    }

    private static void failed(Exception e, Context ctx) {
        log.warn("{} {} failed: {}", ctx.method(), ctx.path(), e.toString());
        log.debug("the request failed", e);
        answer(ctx, 500, "the request failed; lockstep's log says why");
    }

    /** What Jetty refuses before it comes to a route; its own answer would be a page. */
    private static boolean malformed(Request request, Response response, Callback callback) {
        Access.HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put("Content-Type", "application/json");
        Content.Sink.write(response, true, "{\"error\":\"this is no request that lockstep understands\"}", callback);
        return true;
    }

    private static void answer(Context ctx, int status, String line) {
        ctx.status(status).contentType("application/json").result(Json.bytes(Map.of("error", line)));
    }
}
