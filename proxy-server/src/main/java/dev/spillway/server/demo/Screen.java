package dev.spillway.server.demo;

import java.io.PrintWriter;
import java.util.List;

/** Where the demo writes: lines, and one live line that a terminal overwrites. Used by one thread. */
final class Screen {
    private static final int WIDTH = 79;
    private static final int PLAIN_SECONDS = 3;

    private final PrintWriter out;
    private final boolean isTerminal;
    private boolean isLive;
    private long nextPlainSecond = PLAIN_SECONDS;

    Screen(PrintWriter out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    void line(String text) {
        if (isLive) {
            out.println();
            isLive = false;
        }
        out.println(text);
        out.flush();
    }

    void lines(List<String> texts) {
        texts.forEach(this::line);
    }

    /** Replaces the live line; where nothing can be replaced, prints a line every few seconds. */
    void live(long second, String text) {
        if (isTerminal) {
            out.print("\r" + text + " ".repeat(Math.max(0, WIDTH - text.length())));
            out.flush();
            isLive = true;
        } else if (second >= nextPlainSecond) {
            nextPlainSecond = second + PLAIN_SECONDS;
            line(text);
        }
    }
}
