package dev.spillway.core.config;

/** After which transactions a server is asked what session state they have left. */
public enum StateCheck {
    /** After those in which something gave reason to. */
    SUSPECTED("suspected"),
    /** After each one. */
    ALWAYS("always");

    private final String spelling;

    StateCheck(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }
}
