package dev.lockstep.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.NoTemplateEngine;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;

/** Jdbi on a connection that somebody else opened and closes; its errors as the driver threw them. */
public final class Handles {

    /** Parsing costs more than most of our questions; a parser remembers what it has parsed. */
    private static final SqlParser PARSER = new ColonPrefixSqlParser();

    /** What {@link #JDBI} opens next in this thread. */
    private static final ThreadLocal<Connection> ASKED = new ThreadLocal<>();

    /** Its settings are made once: made for each question they cost more than the question. */
    private static final Jdbi JDBI = Jdbi.create(ASKED::get)
            .configure(SqlStatements.class, s -> s.setSqlParser(PARSER).setTemplateEngine(new NoTemplateEngine()));

    private Handles() {}

    /** On {@code connection}, which stays the caller's; it may have been closed meanwhile. */
    public static Handle of(Connection connection) throws SQLException {
        try {
            ASKED.set(connection);
            return JDBI.open();
        } catch (JdbiException e) {
            throw driverError(e);
        } finally {
            ASKED.remove();
        }
    }

    /** A question to the server. */
    @FunctionalInterface
    public interface Question<T> {
        T ask(Handle handle) throws SQLException;
    }

    /** A change that has no answer. */
    @FunctionalInterface
    public interface Order {
        void give(Handle handle) throws SQLException;
    }

    /** Asks on {@code connection}, in its transaction if it has one. */
    public static <T> T ask(Connection connection, Question<T> question) throws SQLException {
        return ask(of(connection), question);
    }

    /** As above, on a handle that is there already. */
    public static <T> T ask(Handle handle, Question<T> question) throws SQLException {
        try {
            return question.ask(handle);
        } catch (JdbiException e) {
            throw driverError(e);
        }
    }

    /** Changes something on {@code connection}. */
    public static void tell(Connection connection, Order order) throws SQLException {
        tell(of(connection), order);
    }

    /** As above, on a handle that is there already. */
    public static void tell(Handle handle, Order order) throws SQLException {
        try {
            order.give(handle);
        } catch (JdbiException e) {
            throw driverError(e);
        }
    }

    private static SQLException driverError(JdbiException e) {
        return e.getCause() instanceof SQLException sql ? sql : new SQLException(e.getMessage(), "08000", e);
    }
}
