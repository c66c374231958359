package dev.lockstep.testing;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.stub.StreamObserver;
import io.qdrant.client.grpc.Collections.CollectionOperationResponse;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.CollectionsGrpc;
import io.qdrant.client.grpc.QdrantGrpc;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckReply;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A double of a Qdrant server: the real protocol, and behaviour of ours, kept to what Qdrant's sources do. Its search
 * is exact. Points are in memory, by collection.
 */
public final class QdrantDouble implements AutoCloseable {

    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("api-key", Metadata.ASCII_STRING_MARSHALLER);

    private final Map<String, QdrantDoublePoints> collections = new ConcurrentHashMap<>();
    private final AtomicBoolean away = new AtomicBoolean();
    private final AtomicReference<Runnable> beforeBatch = new AtomicReference<>(() -> {});
    private final NioEventLoopGroup threads = new NioEventLoopGroup(2, new DefaultThreadFactory("qdrant-double"));
    private final ExecutorService calls = Executors.newCachedThreadPool(new DefaultThreadFactory("qdrant-double"));
    private final Server server;

    /** Starts one on the loopback interface, for anybody who sends this key; an empty one asks for none. */
    public QdrantDouble(String apiKey) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .channelType(NioServerSocketChannel.class)
                .bossEventLoopGroup(threads)
                .workerEventLoopGroup(threads)
                .executor(calls)
                .maxInboundMessageSize(64 << 20)
                .intercept(new Gate(apiKey, away))
                .addService(new Health())
                .addService(new Collections())
                .addService(new QdrantDoubleService(collections, beforeBatch))
                .build()
                .start();
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getPort());
    }

    /** Whether nobody is answered, as by a server that restarts; its points stay. */
    public void away(boolean now) {
        away.set(now);
    }

    /** Lets somebody else act when the next batch of updates has come and before it is done. */
    public void beforeNextBatch(Runnable action) {
        beforeBatch.set(action);
    }

    @Override
    public void close() {
        server.shutdownNow();
        threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5_000);
        calls.shutdownNow();
    }

    private record Gate(String apiKey, AtomicBoolean away) implements ServerInterceptor {

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            if (away.get()) {
                call.close(Status.UNAVAILABLE.withDescription("restarting"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            if (apiKey.isEmpty() || apiKey.equals(headers.get(API_KEY))) {
                return next.startCall(call, headers);
            }
            call.close(Status.UNAUTHENTICATED.withDescription("Must provide an API key"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }

    private static final class Health extends QdrantGrpc.QdrantImplBase {

        @Override
        public void healthCheck(HealthCheckRequest request, StreamObserver<HealthCheckReply> answer) {
            answer.onNext(HealthCheckReply.newBuilder()
                    .setTitle("a double of qdrant")
                    .setVersion("double")
                    .build());
            answer.onCompleted();
        }
    }

    private final class Collections extends CollectionsGrpc.CollectionsImplBase {

        @Override
        public void create(CreateCollection request, StreamObserver<CollectionOperationResponse> answer) {
            collections.put(request.getCollectionName(), new QdrantDoublePoints(request.getVectorsConfig()));
            answer.onNext(
                    CollectionOperationResponse.newBuilder().setResult(true).build());
            answer.onCompleted();
        }
    }
}
