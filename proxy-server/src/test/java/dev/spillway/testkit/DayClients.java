package dev.spillway.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.jspecify.annotations.Nullable;

/**
 * Many raw-protocol clients that ask now and then, check what they are told, and come back when they lose their connection.
 *
 * <p>Each lives on a virtual thread until {@link #end}. Figures may be read from any thread. As a program of its own (arguments: port,
 * user, database, count) it goes on until it is killed.
 */
public final class DayClients {
    private static final int CONNECTING_AT_ONCE = 100;
    private static final int MAX_PAUSE_MILLIS = 800;
    private static final Duration REPLY_LIMIT = Duration.ofSeconds(40);

    private final Endpoint target;
    private final Semaphore connecting = new Semaphore(CONNECTING_AT_ONCE);
    private final Queue<WireClient> connected = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder wrong = new LongAdder();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final ConcurrentHistogram latencyMicros = new ConcurrentHistogram(60_000_000, 3);
    private final Queue<Long> answersMillis = new ConcurrentLinkedQueue<>();
    private volatile boolean isWatched;
    private volatile boolean isOver;

    private DayClients(Endpoint target) {
        this.target = target;
    }

    /** Clients with the numbers from {@code first} on. */
    public static DayClients start(Endpoint target, int first, int count) {
        DayClients clients = new DayClients(target);
        for (int i = 0; i < count; i++) {
            int number = first + i;
            clients.threads.add(Thread.ofVirtual().start(() -> clients.live(number)));
        }
        return clients;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Endpoint target = new Endpoint("127.0.0.1", Integer.parseInt(arguments[0]), arguments[1], arguments[2]);
        DayClients clients = start(target, 100_000, Integer.parseInt(arguments[3]));
        for (Thread thread : clients.threads) {
            thread.join();
        }
    }

    /** Wrong replies. */
    public long wrong() {
        return wrong.sum();
    }

    /** Errors by SQLSTATE, and connections that ended or were silent without one. */
    public Map<String, Long> errors() {
        Map<String, Long> sums = new TreeMap<>();
        errors.forEach((key, count) -> sums.put(key, count.sum()));
        return sums;
    }

    /** How long transactions took, in microseconds. */
    public ConcurrentHistogram latencyMicros() {
        return latencyMicros;
    }

    /** From now on keeps the wall-clock time of each answer. */
    public void watch() {
        isWatched = true;
    }

    /** The first answer from {@code sinceMillis} on, by the wall clock. */
    public long firstAnswerMillis(long sinceMillis) {
        return answersMillis.stream()
                .mapToLong(Long::longValue)
                .filter(at -> at >= sinceMillis)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Ends so many connections with an RST. */
    public void resetSome(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            WireClient victim = connected.poll();
            if (victim != null) {
                victim.reset();
            }
        }
    }

    public void end() throws InterruptedException {
        isOver = true;
        for (Thread thread : threads) {
            thread.join(Duration.ofSeconds(60));
        }
    }

    private void live(int number) {
        Random random = new Random(number);
        WireClient client = null;
        for (long sequence = 1; !isOver; sequence++) {
            LockSupport.parkNanos(1_000_000L * random.nextInt(MAX_PAUSE_MILLIS));
            try {
                if (client == null) {
                    client = connect(number);
                }
                perform(client, random.nextInt(4), number, "c%ds%d".formatted(number, sequence));
            } catch (IOException lost) {
                note(lost, client);
                client = null;
            }
        }
        close(client);
    }

    private WireClient connect(int number) throws IOException {
        connecting.acquireUninterruptibly();
        try {
            Map<String, String> parameters =
                    Map.of("application_name", "c" + number, "TimeZone", number % 2 == 0 ? "UTC" : "Asia/Tokyo");
            WireClient client = WireClient.connect(target, parameters, REPLY_LIMIT);
            connected.add(client);
            return client;
        } finally {
            connecting.release();
        }
    }

    private void perform(WireClient client, int kind, int number, String id) throws IOException {
        long startNanos = System.nanoTime();
        String expected = id + "|c" + number;
        String sql = "select '%s|' || current_setting('application_name')".formatted(id);
        boolean isRight = switch (kind) {
            case 0 -> isAnswer(client, expected, Messages.query(sql));
            case 1 -> isAnswer(client, expected, Messages.extended(sql), Messages.sync());
            case 2 -> isAnswer(client, expected, Messages.query("select pg_sleep(0.002); " + sql));
            default ->
                isAnswer(client, "", Messages.query("begin"))
                        && isAnswer(client, expected, Messages.query(sql))
                        && isAnswer(client, "", Messages.query("commit"));
        };
        latencyMicros.recordValue((System.nanoTime() - startNanos) / 1000);
        if (!isRight) {
            wrong.increment();
        }
        if (isWatched) {
            answersMillis.add(System.currentTimeMillis());
        }
    }

    /** Is the last row, or its absence, what was expected? */
    private static boolean isAnswer(WireClient client, String expected, byte[]... messages) throws IOException {
        client.send(messages);
        String row = "";
        while (true) {
            BackendMessage message = client.readMessage();
            switch (message.type()) {
                case 'D' -> row = message.column();
                case 'E' -> throw new Failed(message.sqlState());
                case 'Z' -> {
                    return row.equals(expected);
                }
                default -> {
                    // What comes around a row is not looked at.
                }
            }
        }
    }

    private void note(IOException lost, @Nullable WireClient client) {
        boolean wasReset = client != null && !connected.remove(client);
        if (wasReset || isOver) {
            close(client);
            return; // by resetSome, or in the last moment
        }
        String what = switch (lost) {
            case Failed failed -> failed.sqlState;
            case WireClient.ServerRefused refused -> refused.error().sqlState();
            case SocketTimeoutException silence -> "no reply";
            default -> lastWords(client, lost);
        };
        errors.computeIfAbsent(what, none -> new LongAdder()).increment();
        close(client);
    }

    /** Where writing failed, there may be an error to be read. */
    private static String lastWords(@Nullable WireClient client, IOException lost) {
        try {
            while (client != null && !(lost instanceof EOFException)) {
                BackendMessage message = client.readMessage();
                if (message.is('E')) {
                    return message.sqlState();
                }
            }
        } catch (IOException nothingMore) {
            return "without a word: " + nothingMore.getMessage();
        }
        return "without a word: " + lost;
    }

    private static void close(@Nullable WireClient client) {
        try {
            if (client != null) {
                client.terminate();
            }
        } catch (IOException alreadyGone) {
            // Closed as far as it can be.
        }
    }

    private static final class Failed extends IOException {
        private static final long serialVersionUID = 1L;
        private final String sqlState;

        Failed(String sqlState) {
            super(sqlState);
            this.sqlState = sqlState;
        }
    }
}
