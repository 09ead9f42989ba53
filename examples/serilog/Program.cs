using MailKit.Security;
using Serilog;
using Serilog.Events;

Log.Logger = new LoggerConfiguration()
    .WriteTo.Console()
    .WriteTo.Email(
        host: "localhost", port: 2525, connectionSecurity: SecureSocketOptions.None,
        from: "shop@example.com", to: "ops@example.com", subject: "[shop] {Level}",
        restrictedToMinimumLevel: LogEventLevel.Error)
    .CreateLogger();

foreach (var order in new[] { 4711, 4712, 4713 })
{
    try
    {
        throw new TimeoutException($"no answer about order {order}");
    }
    catch (TimeoutException e)
    {
        Log.Error(e, "order {Order} is not paid", order);
    }
}
Log.CloseAndFlush();
