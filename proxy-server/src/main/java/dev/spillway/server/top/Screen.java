package dev.spillway.server.top;

import java.io.IOException;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.InfoCmp.Capability;

/**
 * The terminal, taken over as a whole until it is closed, which gives it back as it was. One thread draws and reads; any may
 * close it, more than once.
 */
final class Screen implements AutoCloseable {
    private static final int NOTHING = -2;

    private final Terminal terminal;
    private final Attributes before;
    private boolean isClosed;

    private Screen(Terminal terminal) {
        this.terminal = terminal;
        before = terminal.enterRawMode();
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        terminal.flush();
    }

    /** {@code onInterrupt} runs on a thread of its own when Ctrl-C is pressed. */
    static Screen open(Runnable onInterrupt) throws IOException, NoStatus {
        Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build();
        if (terminal.getStringCapability(Capability.cursor_address) == null) {
            String type = terminal.getType();
            terminal.close();
            throw new NoStatus("can be shown once only (--once) on a terminal of the type " + type);
        }
        terminal.handle(Terminal.Signal.INT, _ -> onInterrupt.run());
        // To stop and go on would leave the terminal raw meanwhile.
        terminal.handle(Terminal.Signal.TSTP, Terminal.SignalHandler.SIG_IGN);
        return new Screen(terminal);
    }

    /** 0 if it does not say. */
    int width() {
        return terminal.getSize().getColumns();
    }

    int height() {
        return terminal.getSize().getRows();
    }

    synchronized void draw(List<Line> lines) {
        if (isClosed) {
            return;
        }
        for (int i = 0; i < lines.size(); i++) {
            terminal.puts(Capability.cursor_address, i, 0);
            Line line = lines.get(i);
            terminal.writer().print(new AttributedString(line.text(), style(line.look())).toAnsi(terminal));
            terminal.puts(Capability.clr_eol);
        }
        terminal.flush();
    }

    private static AttributedStyle style(Line.Look look) {
        AttributedStyle plain = AttributedStyle.DEFAULT;
        return switch (look) {
            case PLAIN -> plain;
            case TITLE -> plain.bold();
            case GOOD -> plain.foreground(AttributedStyle.GREEN);
            case DOUBTFUL -> plain.foreground(AttributedStyle.YELLOW);
            case BAD -> plain.bold().foreground(AttributedStyle.RED);
            case FAINT -> plain.faint();
        };
    }

    /** A key that is pressed within that time; negative if none is, {@code -1} if there is nobody left to press one. */
    int key(long millis) throws IOException {
        synchronized (this) {
            if (isClosed) {
                return NOTHING;
            }
        }
        return terminal.reader().read(millis);
    }

    @Override
    public synchronized void close() throws IOException {
        if (isClosed) {
            return;
        }
        isClosed = true;
        terminal.puts(Capability.cursor_normal);
        terminal.puts(Capability.exit_ca_mode);
        terminal.flush();
        terminal.setAttributes(before);
        terminal.close();
    }
}
