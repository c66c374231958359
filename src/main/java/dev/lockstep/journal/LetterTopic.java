package dev.lockstep.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lockstep.config.KafkaConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.DeadLetters.Letter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a compacted topic like the table of dead letters: a record for each letter, its key as the journal's, why it is one
 * in the headers, and a tombstone when it is none any more. It is level-triggered, as everything here: what the topic
 * holds is read once, and then made what the table says. Of more than {@link #MOST} letters the oldest are there.
 */
public final class LetterTopic {

    /** How many letters are looked at. */
    public static final int MOST = 10_000;

    private static final Logger log = LoggerFactory.getLogger(LetterTopic.class);
    private static final String TRIES = "tries";
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration AWAY = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(200);

    private final KafkaConfig kafka;
    private final KafkaConfig.Journal topic;
    private final Letters letters;
    private final StopSignal stop;

    /** Reads the table: the oldest so many. */
    public interface Letters {
        List<Letter> oldest(int most) throws SQLException;
    }

    /** Connects to nothing yet. */
    public LetterTopic(KafkaConfig kafka, Letters letters, StopSignal stop) {
        this.kafka = kafka;
        this.topic = new KafkaConfig.Journal(kafka.journal().topic() + ".dead-letters", 1, Duration.ZERO);
        this.letters = letters;
        this.stop = stop;
    }

    /** Until stopped; brokers or a server that are away are waited for. */
    public void run() throws InterruptedException {
        String told = "";
        while (!stop.requested()) {
            try {
                mirror();
            } catch (InterruptException e) {
                Thread.interrupted(); // Kafka sets it and throws, too
                throw new InterruptedException("stopped");
            } catch (ExecutionException | KafkaException | SQLException | LockstepException e) {
                told = tell(told, e);
                stop.pause(AWAY);
            }
        }
    }

    /** Once, until it is something else: the stream goes on without the topic. */
    private static String tell(String told, Exception e) {
        String line = e instanceof SQLException sql ? "SQLSTATE " + sql.getSQLState() : Trouble.of(e);
        if (!line.equals(told)) {
            log.warn("the topic of dead letters waits: {}", line);
        }
        return line;
    }

    private void mirror() throws ExecutionException, SQLException, InterruptedException {
        Map<String, Integer> there = read();
        Producer<byte[], byte[]> producer = null;
        try {
            while (!stop.requested()) {
                List<Letter> now = letters.oldest(MOST);
                List<ProducerRecord<byte[], byte[]>> news = differences(now, there);
                if (!news.isEmpty()) {
                    if (producer == null) {
                        make();
                        producer = new KafkaProducer<>(
                                ClientProperties.producer(kafka), new ByteArraySerializer(), new ByteArraySerializer());
                    }
                    send(producer, news);
                    there = new HashMap<>();
                    for (Letter letter : now) {
                        there.put(key(letter), letter.tries());
                    }
                }
                stop.pause(LOOK_EVERY);
            }
        } finally {
            if (producer != null) {
                producer.close(Duration.ZERO);
            }
        }
    }

    private static void send(Producer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> news)
            throws ExecutionException, InterruptedException {
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> one : news) {
            answers.add(producer.send(one));
        }
        for (Future<RecordMetadata> answer : answers) {
            answer.get();
        }
    }

    /** What has to be sent. Pure. */
    private List<ProducerRecord<byte[], byte[]>> differences(List<Letter> now, Map<String, Integer> there) {
        List<ProducerRecord<byte[], byte[]>> news = new ArrayList<>();
        Set<String> gone = new HashSet<>(there.keySet());
        for (Letter letter : now) {
            String key = key(letter);
            gone.remove(key);
            if (!Integer.valueOf(letter.tries()).equals(there.get(key))) {
                news.add(record(letter));
            }
        }
        gone.forEach(key -> news.add(new ProducerRecord<>(topic.topic(), key.getBytes(UTF_8), null)));
        return news;
    }

    private ProducerRecord<byte[], byte[]> record(Letter letter) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic.topic(),
                JournalRecord.messageKey(letter.table(), letter.key()),
                JournalRecord.messageKey(letter.table(), letter.key()));
        header(record, "sqlstate", letter.sqlState());
        header(record, "reason", letter.reason());
        header(record, TRIES, Integer.toString(letter.tries()));
        header(record, "firstSeen", letter.firstSeen().toString());
        return record;
    }

    private static void header(ProducerRecord<byte[], byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(UTF_8));
    }

    private static String key(Letter letter) {
        return new String(JournalRecord.messageKey(letter.table(), letter.key()), UTF_8);
    }

    /** Not before there is a letter. */
    private void make() throws ExecutionException, InterruptedException {
        Admin admin = Admin.create(ClientProperties.admin(kafka));
        try {
            new JournalTopic(admin, topic).ensureCompacted();
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    /** What the topic holds. */
    private Map<String, Integer> read() throws ExecutionException, InterruptedException {
        Admin admin = Admin.create(ClientProperties.admin(kafka));
        try {
            if (new JournalTopic(admin, topic).read().isEmpty()) {
                return Map.of();
            }
        } finally {
            admin.close(Duration.ZERO);
        }
        Map<String, Integer> there = new HashMap<>();
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                ClientProperties.consumer(kafka, MOST), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.topic()).stream()
                    .map(info -> new TopicPartition(topic.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (!stop.requested()
                    && ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(STEP)) {
                    String key = record.key() == null ? "" : new String(record.key(), UTF_8); // somebody else's
                    if (record.value() == null) {
                        there.remove(key);
                    } else {
                        there.put(key, tries(record));
                    }
                }
            }
        }
        return there;
    }

    private static int tries(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(TRIES);
        String tries = header == null ? "" : new String(header.value(), UTF_8);
        return tries.matches("[0-9]{1,9}") ? Integer.parseInt(tries) : 0;
    }
}
