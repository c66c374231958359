package dev.lockstep.vector.qdrant;

import com.google.common.util.concurrent.ListenableFuture;
import dev.lockstep.vector.StoreAddress;
import dev.lockstep.vector.StoreFailure;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.qdrant.client.QdrantGrpcClient;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one Qdrant server. One thread at a time; connects with the first call, and anew after a failure: a channel that
 * has lost its server would refuse calls for up to two minutes after it is back.
 */
final class QdrantCalls implements AutoCloseable {

    /** Payloads may hold documents: a page of a thousand passes the default of 4 MiB. */
    private static final int LARGEST_ANSWER = 256 << 20;

    private static final int DEFAULT_PORT = 6334;

    /** Held, or its level would be forgotten: gRPC tells java.util.logging, and so the terminal, about its transport. */
    private static final Logger GRPC = Logger.getLogger("io.grpc");

    static {
        GRPC.setLevel(Level.WARNING);
    }

    private final URI url;
    private final int port;
    private final String address;
    private final @Nullable String apiKey;
    private final Duration timeout;
    private @Nullable QdrantGrpcClient client;

    QdrantCalls(URI url, @Nullable String apiKey, Duration timeout) {
        this.url = url;
        this.port = url.getPort() < 0 ? DEFAULT_PORT : url.getPort();
        this.address = "Qdrant at " + StoreAddress.of(url, DEFAULT_PORT);
        this.apiKey = apiKey;
        this.timeout = timeout;
    }

    /** A call; the stubs of {@link QdrantGrpcClient} say nothing to the log, unlike its other methods. */
    @FunctionalInterface
    interface Call<T> extends Function<QdrantGrpcClient, ListenableFuture<T>> {}

    /** What a call may not find. */
    static final class NotFound extends Exception {
        private static final long serialVersionUID = 1L;

        NotFound(Throwable cause) {
            super("the server has not found something", cause);
        }
    }

    /** The server, for messages; without anything secret the URL may hold. */
    String address() {
        return address;
    }

    <T> T ask(Call<T> call) throws NotFound {
        if (Thread.currentThread().isInterrupted()) {
            throw new StoreFailure(address + " was not asked: interrupted", null);
        }
        Future<T> asked = call.apply(client());
        try {
            return asked.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure(address + " was not waited for: interrupted", e);
        } catch (TimeoutException e) {
            close();
            throw tooSlow(e);
        } catch (ExecutionException e) {
            throw explain(e.getCause() == null ? e : e.getCause());
        } finally {
            asked.cancel(true);
        }
    }

    private StoreFailure explain(Throwable e) throws NotFound {
        Status.Code code = Status.fromThrowable(e).getCode();
        return switch (code) {
            case NOT_FOUND -> throw new NotFound(e);
            case DEADLINE_EXCEEDED -> {
                close();
                yield tooSlow(e);
            }
            case UNAVAILABLE -> {
                close();
                yield new StoreFailure(
                        "cannot reach " + address + "; is it up, and does its URL lead to its gRPC port?", e);
            }
            case UNAUTHENTICATED, PERMISSION_DENIED ->
                new StoreFailure(address + " refused the API key (" + code + "); set one that may write", e);
            default -> // its description may quote what was sent
                new StoreFailure(address + " answered " + code + "; see its log", e);
        };
    }

    private StoreFailure tooSlow(Throwable e) {
        return new StoreFailure(address + " did not answer within " + timeout.toMillis() + " ms; is it overloaded?", e);
    }

    private QdrantGrpcClient client() {
        if (client == null) {
            ManagedChannelBuilder<?> channel =
                    ManagedChannelBuilder.forAddress(url.getHost(), port).maxInboundMessageSize(LARGEST_ANSWER);
            ManagedChannel built =
                    ("https".equals(url.getScheme()) ? channel.useTransportSecurity() : channel.usePlaintext()).build();
            // without its check of versions, which would ask the server now and print
            QdrantGrpcClient.Builder builder =
                    QdrantGrpcClient.newBuilder(built, false, false).withTimeout(timeout);
            client = (apiKey == null ? builder : builder.withApiKey(apiKey)).build();
        }
        return client;
    }

    @Override
    public void close() {
        if (client != null) {
            client.channel().shutdownNow();
            client = null;
        }
    }
}
