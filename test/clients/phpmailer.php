<?php // PHPMailer with SMTPAuth and STARTTLS; it chooses quoted-printable for long lines itself.
require '/usr/share/php/libphp-phpmailer/autoload.php';
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->isSMTP();
$mail->Host = getenv('HOST');
$mail->Port = (int) getenv('PORT');
$mail->SMTPAuth = true;
$mail->SMTPSecure = 'tls';
$mail->SMTPOptions = ['ssl' => ['cafile' => getenv('CERT')]];
$mail->Username = getenv('LOGIN');
$mail->Password = getenv('PASSWORD');
$mail->CharSet = 'UTF-8';
$mail->setFrom('app@client.example');
$mail->addAddress('ops@client.example');
$mail->Subject = getenv('SUBJECT');
$mail->Body = file_get_contents(getenv('BODY'));
$mail->send();
