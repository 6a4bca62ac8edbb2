package dev.spillway.server.top;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code spillway top}, from its first question to its end. {@code run} is called once, on the main thread; {@link #stop} by
 * whichever thread ends the process.
 */
public final class Top {
    private static final long KEY_MILLIS = 100;
    private static final int NOBODY = -1;

    private final StatusPort port;
    private final Duration interval;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable Answer> latest = new AtomicReference<>();
    private volatile @Nullable Screen screen;

    /** What came of a question: one of the two. */
    private record Answer(@Nullable Status status, String trouble) {}

    public Top(String host, int port, Duration interval) {
        this.port = new StatusPort(host, port);
        this.interval = interval;
    }

    /** The exit code: 0, or 1 where there was nothing to show, which {@code err} is told. */
    public int run(boolean isOnce, PrintWriter out, PrintWriter err) {
        try {
            Moments moments = new Moments();
            moments.add(port.ask());
            if (isOnce) {
                once(moments, out);
            } else {
                live(moments);
            }
            return 0;
        } catch (NoStatus e) {
            err.println("spillway top: " + port.name() + " " + e.words());
        } catch (IOException e) {
            err.println("spillway top: the terminal cannot be used: " + e.getMessage());
        }
        return 1;
    }

    /** Gives the terminal back. */
    public void stop() {
        ended.countDown();
        Screen open = screen;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // The terminal has gone; so does the process.
                latest.set(null);
            }
        }
    }

    /** Work is the difference of two moments. */
    private void once(Moments moments, PrintWriter out) throws NoStatus {
        if (!isEndedWithin(interval.toMillis())) {
            moments.add(port.ask());
        }
        new Frame(moments, port.name(), "", Order.WAITING, Frame.LEAST_WIDTH, 0)
                .lines()
                .forEach(line -> out.println(line.text().stripTrailing()));
        out.flush();
    }

    private boolean isEndedWithin(long millis) {
        try {
            return ended.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void live(Moments moments) throws IOException, NoStatus {
        try (Screen open = Screen.open(ended::countDown)) {
            screen = open;
            Thread.ofPlatform().daemon().name("status").start(this::askOn);
            show(moments, open);
        } finally {
            ended.countDown();
        }
    }

    private void askOn() {
        while (!isEndedWithin(interval.toMillis())) {
            ask();
        }
    }

    private void ask() {
        try {
            latest.set(new Answer(port.ask(), ""));
        } catch (NoStatus e) {
            latest.set(new Answer(null, e.words()));
        }
    }

    /** Until a key, a signal or the end of the terminal ends it. */
    private void show(Moments moments, Screen open) throws IOException {
        Order order = Order.WAITING;
        String trouble = "";
        while (ended.getCount() > 0) {
            int width = Math.max(Frame.LEAST_WIDTH, open.width());
            open.draw(new Frame(moments, port.name(), trouble, order, width, Math.max(1, open.height())).lines());
            int key = open.key(KEY_MILLIS);
            if (key == 'q' || key == 'Q' || key == NOBODY) {
                return;
            }
            Optional<Order> chosen = Order.of(key);
            order = chosen.orElse(order);
            Answer answer = latest.getAndSet(null);
            if (answer != null) {
                trouble = answer.trouble();
                if (answer.status() != null) {
                    moments.add(answer.status());
                }
            }
        }
    }
}
