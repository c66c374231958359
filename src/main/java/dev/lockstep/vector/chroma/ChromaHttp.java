package dev.lockstep.vector.chroma;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.lockstep.vector.StoreAddress;
import dev.lockstep.vector.StoreFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** JSON to and from one Chroma server. One thread at a time; connects with the first question. */
final class ChromaHttp implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final URI url;
    private final String address;
    private final @Nullable String token;
    private final Duration timeout;
    private @Nullable Connections connections;

    ChromaHttp(URI url, @Nullable String token, Duration timeout) {
        this.url = url;
        this.address = "Chroma at " + StoreAddress.of(url, -1);
        this.token = token;
        this.timeout = timeout;
    }

    /** What the server said. */
    record Answer(int status, JsonNode body) {

        boolean isMissing() {
            return status == 404;
        }
    }

    /** The server, for messages; without anything secret the URL may hold. */
    String address() {
        return address;
    }

    /** @throws StoreFailure also for every status but 200 to 299 and 404 */
    Answer get(String path) {
        return send(request(path).GET().build());
    }

    /** As {@link #get}. */
    Answer post(String path, JsonNode body) {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build());
    }

    private HttpRequest.Builder request(String path) {
        String base = url.toString().replaceFirst("/+$", "");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + "/api/v2" + path));
        if (token != null) {
            request.header("x-chroma-token", token).header("Authorization", "Bearer " + token);
        }
        return request;
    }

    private Answer send(HttpRequest request) {
        if (Thread.currentThread().isInterrupted()) {
            throw new StoreFailure(address + " was not asked: interrupted", null);
        }
        CompletableFuture<HttpResponse<byte[]>> asked = client().sendAsync(request, BodyHandlers.ofByteArray());
        try {
            // not HttpRequest.timeout, which ends with the headers
            return judge(asked.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure(address + " was not waited for: interrupted", e);
        } catch (TimeoutException e) {
            throw new StoreFailure(
                    address + " did not answer within " + timeout.toMillis() + " ms; is it overloaded?", e);
        } catch (ExecutionException e) {
            throw new StoreFailure(
                    "cannot reach " + address + "; is it up, and does its URL lead to it?", e.getCause());
        } finally {
            asked.cancel(true);
        }
    }

    private Answer judge(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status == 401 || status == 403) {
            throw new StoreFailure(address + " refused the token (" + status + "); set the right one", null);
        }
        JsonNode body = parse(response);
        if (status / 100 != 2 && status != 404) {
            // its message may quote what was sent; the name of the error does not
            throw new StoreFailure(
                    address + " answered " + status + " " + body.path("error").asText("") + " to "
                            + response.request().method() + " "
                            + response.request().uri().getPath() + "; see its log",
                    null);
        }
        return new Answer(status, body);
    }

    private JsonNode parse(HttpResponse<byte[]> response) {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException e) {
            if (response.statusCode() / 100 == 2) {
                throw new StoreFailure(
                        address + " did not answer in JSON; does its URL lead to a Chroma server?", null);
            }
            return MissingNode.getInstance();
        } catch (IOException e) {
            throw new StoreFailure(address + " sent an answer that cannot be read", e);
        }
    }

    private HttpClient client() {
        if (connections == null) {
            connections = Connections.open(timeout);
        }
        return connections.client();
    }

    @Override
    public void close() {
        if (connections != null) {
            connections.threads().shutdownNow();
            connections = null; // the client has no close before Java 21: its selector ends when nobody holds it
        }
    }

    private record Connections(HttpClient client, ExecutorService threads) {

        static Connections open(Duration timeout) {
            ExecutorService threads = Executors.newCachedThreadPool(work -> {
                Thread thread = new Thread(work, "chroma-http");
                thread.setDaemon(true);
                return thread;
            });
            HttpClient client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(timeout)
                    .executor(threads)
                    .build();
            return new Connections(client, threads);
        }
    }
}
