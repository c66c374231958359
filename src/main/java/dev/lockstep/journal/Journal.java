package dev.lockstep.journal;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.Batch;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.sync.ChangeLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topic of every change that {@code run} takes in, each at least once, those of one row in order but for what is sent
 * again. Holds one batch in memory. After a failure it begins anew with a new producer and sends what was not acknowledged once more.
 */
public final class Journal implements ChangeLog {

    private static final Logger log = LoggerFactory.getLogger(Journal.class);
    private static final Duration LOOK_UP = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private record Sent(
            ProducerRecord<byte[], byte[]> message,
            @Nullable Future<RecordMetadata> answer) {}

    private final KafkaConfig kafka;
    private final RecordMaker maker;
    private final Consumer<String> trouble;
    private final StopSignal stop;

    private List<Sent> pending = new ArrayList<>();
    private volatile @Nullable Producer<byte[], byte[]> producer;
    private volatile boolean closed;

    /**
     * Connects to nothing yet.
     *
     * @param near a 64-bit transaction id of about now
     * @param trouble is told, again and again, what is waited for; empty once it has come
     */
    public Journal(KafkaConfig kafka, Mapping mapping, long near, Consumer<String> trouble, StopSignal stop) {
        this.kafka = kafka;
        this.maker = new RecordMaker(mapping, near);
        this.trouble = trouble;
        this.stop = stop;
    }

    @Override
    public void append(Batch batch) throws InterruptedException {
        pending = new ArrayList<>(batch.changes().size());
        for (JournalRecord change : maker.of(batch)) {
            pending.add(new Sent(
                    new ProducerRecord<>(kafka.journal().topic(), change.messageKey(), change.messageValue()), null));
        }
        Producer<byte[], byte[]> running = producer;
        if (running != null) { // else settle connects first: the rows need not wait for that
            try {
                send(running);
            } catch (KafkaException e) {
                log.debug("left to be sent again", passed(e));
            }
        }
    }

    @Override
    public void settle() throws InterruptedException {
        Duration pause = Duration.ofMillis(100);
        boolean told = false;
        while (!pending.isEmpty()) {
            try {
                Producer<byte[], byte[]> running = connected();
                send(running);
                awaitAnswers();
                if (told) {
                    trouble.accept("");
                    log.info("the journal goes on");
                }
                return;
            } catch (ExecutionException | KafkaException e) {
                if (e instanceof KafkaException kafkaException) {
                    passed(kafkaException);
                }
                String line = "the journal waits for Kafka: " + Trouble.line(e);
                log.warn("{}; trying again in {} ms", line, pause.toMillis());
                trouble.accept(line);
                told = true;
            }
            disconnect();
            if (stop.pause(pause) || closed) {
                throw new InterruptedException("stopped");
            }
            Duration next = pause.multipliedBy(2);
            pause = next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
        }
    }

    private Producer<byte[], byte[]> connected() throws ExecutionException, InterruptedException {
        Producer<byte[], byte[]> running = producer;
        if (running == null) {
            Admin admin = Admin.create(ClientProperties.admin(kafka));
            try {
                new JournalTopic(admin, kafka.journal()).ensure();
            } finally {
                admin.close(Duration.ZERO); // or it waits for what the brokers do not answer
            }
            running = new KafkaProducer<>(
                    ClientProperties.producer(kafka), new ByteArraySerializer(), new ByteArraySerializer());
            producer = running;
            if (closed) {
                running.close(Duration.ZERO);
                throw new InterruptedException("stopped");
            }
        }
        return running;
    }

    /**
     * What has not been sent. Ends at the first that has failed: with the brokers away each of them would block for as
     * long again.
     */
    private void send(Producer<byte[], byte[]> running) {
        for (int i = 0; i < pending.size(); i++) {
            Sent sent = pending.get(i);
            Future<RecordMetadata> answer = sent.answer();
            if (answer == null) {
                answer = running.send(sent.message());
                pending.set(i, new Sent(sent.message(), answer));
            }
            if (answer.isDone() && !acknowledged(answer)) {
                return;
            }
        }
    }

    private void awaitAnswers() throws ExecutionException, InterruptedException {
        for (Sent sent : pending) {
            await(Objects.requireNonNull(sent.answer(), "behind one that failed"));
        }
        pending = new ArrayList<>();
    }

    private void await(Future<RecordMetadata> answer) throws ExecutionException, InterruptedException {
        while (true) {
            try {
                answer.get(LOOK_UP.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                if (stop.requested() || closed) {
                    throw new InterruptedException("stopped");
                }
                trouble.accept("the journal waits for Kafka");
            }
        }
    }

    /** Everything from the first that was not acknowledged on is sent again: a row's last record is then its latest. */
    private void disconnect() {
        Producer<byte[], byte[]> running = producer;
        producer = null;
        if (running != null) {
            running.close(Duration.ZERO);
        }
        pending = pending.stream()
                .dropWhile(sent -> acknowledged(sent.answer()))
                .map(sent -> new Sent(sent.message(), null))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static boolean acknowledged(@Nullable Future<RecordMetadata> answer) {
        if (answer == null || !answer.isDone()) {
            return false;
        }
        try {
            return answer.get() != null;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static KafkaException passed(KafkaException e) throws InterruptedException {
        if (e instanceof InterruptException) {
            Thread.interrupted(); // Kafka sets it and throws, too
            throw new InterruptedException("stopped");
        }
        return e;
    }

    /** Nothing more is sent; a thread that waits is let go. */
    @Override
    public void close() {
        closed = true;
        Producer<byte[], byte[]> running = producer;
        if (running != null) {
            running.close(Duration.ZERO);
        }
    }
}
