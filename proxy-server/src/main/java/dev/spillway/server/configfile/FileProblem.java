package dev.spillway.server.configfile;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/** Why a text file cannot be read, for people: the JDK's exceptions often have but the file's name. Stateless. */
public final class FileProblem {
    private FileProblem() {}

    /** Continues "cannot be read: ". */
    public static String of(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such file";
            case FileAlreadyExistsException existing -> "it is there already";
            case AccessDeniedException denied -> "permission denied";
            case CharacterCodingException binary -> "it is not UTF-8 text";
            default -> String.valueOf(e.getMessage());
        };
    }
}
