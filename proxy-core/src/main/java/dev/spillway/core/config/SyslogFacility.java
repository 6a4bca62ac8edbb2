package dev.spillway.core.config;

import java.util.Locale;

/** Which part of a system a line of its log comes from: those that PgBouncer knows, by the numbers of RFC 3164. */
public enum SyslogFacility {
    AUTH(4),
    AUTHPRIV(10),
    DAEMON(3),
    USER(1),
    LOCAL0(16),
    LOCAL1(17),
    LOCAL2(18),
    LOCAL3(19),
    LOCAL4(20),
    LOCAL5(21),
    LOCAL6(22),
    LOCAL7(23);

    private final int number;

    SyslogFacility(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }
}
