package dev.spillway.core.config;

/** The system interface for sockets. */
public enum Transport {
    /** The fastest that this system allows. */
    AUTO("auto"),
    IO_URING("io_uring"),
    EPOLL("epoll"),
    /** Java's own, on every system. */
    NIO("nio");

    private final String spelling;

    Transport(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }
}
