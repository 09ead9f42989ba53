// Logback's SMTPAppender: one mail for an error, with the events before it.
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.net.SMTPAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

public class Logback {
    public static void main(String[] args) throws Exception {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern("%-5level %logger{20} - %m%n");
        layout.start();

        SMTPAppender appender = new SMTPAppender();
        appender.setContext(context);
        appender.setSmtpHost(System.getenv("HOST"));
        appender.setSmtpPort(Integer.parseInt(System.getenv("PORT")));
        appender.setFrom("app@client.example");
        appender.addTo("ops@client.example");
        appender.setSubject(System.getenv("SUBJECT"));
        appender.setAsynchronousSending(false);
        appender.setLayout(layout);
        appender.start();

        ch.qos.logback.classic.Logger log = context.getLogger("shop.Checkout");
        log.addAppender(appender);
        log.info("Bestellung für Jürgen angenommen");
        log.error(Files.readString(Path.of(System.getenv("BODY"))));
        context.stop();
    }
}
