import java.io.PrintWriter;
import java.io.StringWriter;
import org.springframework.context.support.ClassPathXmlApplicationContext;
import org.springframework.mail.MailSender;
import org.springframework.mail.SimpleMailMessage;

public class Shop {
    private final MailSender sender;

    Shop(MailSender sender) {
        this.sender = sender;
    }

    void report(Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        SimpleMailMessage mail = new SimpleMailMessage();
        mail.setFrom("shop@example.com");
        mail.setTo("ops@example.com");
        mail.setSubject("[shop] " + e.getClass().getSimpleName());
        mail.setText(trace.toString());
        sender.send(mail);
    }

    void charge(int order) {
        throw new IllegalStateException("order " + order + " was charged before");
    }

    public static void main(String[] args) {
        try (var context = new ClassPathXmlApplicationContext("beans.xml")) {
            Shop shop = new Shop(context.getBean(MailSender.class));
            for (int order = 4711; order < 4714; order++) {
                try {
                    shop.charge(order);
                } catch (IllegalStateException e) {
                    shop.report(e);
                }
            }
        }
    }
}
