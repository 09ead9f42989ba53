package content

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// detectSamples are what programs say in the charsets that they do not name.
var detectSamples = []struct {
	language, charset string
	texts             []string
}{
	{"Polish", "windows-1250 iso-8859-2", []string{"Błąd: połączenie", "Błąd: połączenie z bazą danych zostało odrzucone", "Kopia zapasowa nie powiodła się: brak miejsca na dysku.\nNie można nawiązać połączenia z serwerem, spróbuj ponownie później.\nUżytkownik: łukasz, błędów: 3\n"}},
	{"Czech", "windows-1250 iso-8859-2", []string{"Chyba: připojení selhalo", "Záloha se nezdařila: na disku není dostatek místa", "Server neodpovídá, příkaz byl přerušen.\nPřipojení k databázi bylo odmítnuto, zkuste to znovu později.\nUživatel: jiří, počet chyb: 3\n"}},
	{"Hungarian", "windows-1250 iso-8859-2", []string{"Hiba: időtúllépés", "A biztonsági mentés sikertelen: nincs elég hely a lemezen", "A kiszolgáló nem válaszol, a művelet megszakadt.\nNem sikerült csatlakozni az adatbázishoz, később próbálja újra.\nFelhasználó: gyöngyi, hibák száma: 3, időtúllépés történt, gyűrűs hálózat\n"}},
	{"Slovenian", "windows-1250 iso-8859-2", []string{"Napaka: strežnik ni dosegljiv", "Varnostno kopiranje ni uspelo: na disku ni dovolj prostora, čakam", "Strežnik se ne odziva, povezava je bila prekinjena.\nPovezava s podatkovno zbirko je zavrnjena, poskusite znova pozneje.\nUporabnik: žiga, število napak: 3\n"}},
	{"Romanian", "windows-1250", []string{"Eroare: conexiune eşuată", "Copia de siguranţă a eşuat: spaţiu insuficient pe disc", "Serverul nu răspunde, operaţia a fost întreruptă.\nConexiunea la baza de date a fost refuzată, încercaţi din nou mai târziu.\n"}},
	{"German", "windows-1252 iso-8859-1 iso-8859-15", []string{"Fehler: Verbindung ungültig", "Sicherung fehlgeschlagen: kein Platz für Größe über 10 GB", "Der Dienst läuft nicht, Gerät nicht verfügbar.\nDie Prüfung für den Datenträger C: wurde abgebrochen, bitte später erneut ausführen.\nBenutzer: jürgen, Anzahl Fehler für heute: 3\n"}},
	{"French", "windows-1252 iso-8859-1 iso-8859-15", []string{"Erreur: accès refusé", "La sauvegarde a échoué: espace disque insuffisant à la fin", "Le serveur ne répond pas, l'opération a été interrompue.\nLa connexion à la base de données a été refusée, réessayez plus tard.\nUtilisateur: hélène, problème détecté dès l'entrée\n"}},
	{"Spanish", "windows-1252 iso-8859-1 iso-8859-15", []string{"Error: conexión rechazada", "La copia de seguridad falló: no hay espacio en el disco, operación número 7", "El servidor no está disponible, la operación se canceló.\nNo se pudo establecer la conexión, inténtelo de nuevo más tarde. ¿Está el señor Muñoz?\n"}},
	{"Portuguese", "windows-1252 iso-8859-1", []string{"Erro: conexão recusada", "Falha na cópia de segurança: não há espaço no disco", "O servidor não está disponível, a operação não foi concluída.\nNão foi possível estabelecer a ligação, tente novamente. Atenção às exceções\n"}},
	{"Swedish", "windows-1252 iso-8859-1 iso-8859-15", []string{"Fel: åtkomst nekad", "Säkerhetskopieringen misslyckades: det är för lite utrymme på disken", "Servern svarar inte, åtgärden avbröts.\nDet går inte att ansluta till databasen, försök igen senare. Användare: åke öberg\n"}},
	{"Danish", "windows-1252 iso-8859-1", []string{"Fejl: adgang nægtet", "Sikkerhedskopiering mislykkedes: der er ikke nok plads på disken, prøv igen på måndag", "Serveren svarer ikke, handlingen blev afbrudt på grund af fejl.\nKan ikke oprette forbindelse, prøv igen senere. Bruger: jørgen ærø\n"}},
	{"Finnish", "windows-1252 iso-8859-1", []string{"Virhe: yhteys epäonnistui", "Varmuuskopiointi epäonnistui: levytila ei riitä tähän", "Palvelin ei vastaa, toiminto keskeytettiin.\nYhteyttä tietokantaan ei voitu muodostaa, yritä myöhemmin uudelleen. Käyttäjä: päivi, määrä liian pieni\n"}},
	{"English1252", "windows-1252", []string{"Can’t connect – retrying", "The server’s disk is full – “C:” has 0 bytes left", "The backup didn’t finish – it’s been stopped.\nPlease see the “log” for details…\nPrice: 5 €\n"}},
	{"Italian", "windows-1252 iso-8859-1", []string{"Errore: non è attivo", "Il backup non è riuscito: lo spazio sul disco è già esaurito", "Il server non risponde più, l'attività è stata annullata.\nVerificare la connettività e riprovare più tardi perché c'è un problema\n"}},
	{"Icelandic", "windows-1252", []string{"Villa: þjónn svarar ekki", "Afritun mistókst: ekki nægt pláss á diski, reynið aftur síðar", "Þjónninn svarar ekki, aðgerðinni var hætt.\nEkki tókst að tengjast gagnagrunninum. Notandi: þórður, fjöldi villna: 3\n"}},
	{"Russian", "windows-1251 koi8-r iso-8859-5 ibm866", []string{"Ошибка: доступ запрещён", "Резервное копирование не выполнено: недостаточно места на диске", "Сервер не отвечает, операция прервана.\nНе удалось подключиться к базе данных, повторите попытку позже.\nПользователь: иван, ошибок: 3\n"}},
	{"Ukrainian", "windows-1251 koi8-u", []string{"Помилка: немає доступу", "Резервне копіювання не виконано: недостатньо місця на диску", "Сервер не відповідає, операцію перервано.\nНе вдалося підключитися до бази даних, спробуйте пізніше.\n"}},
	{"Bulgarian", "windows-1251", []string{"Грешка: отказан достъп", "Архивирането не е успешно: няма достатъчно място на диска", "Сървърът не отговаря, операцията е прекъсната.\nНеуспешна връзка с базата данни, опитайте отново по-късно.\n"}},
	{"Greek", "windows-1253 iso-8859-7", []string{"Σφάλμα: άρνηση πρόσβασης", "Η δημιουργία αντιγράφου απέτυχε: δεν υπάρχει αρκετός χώρος", "Ο διακομιστής δεν αποκρίνεται, η λειτουργία διακόπηκε.\nΔεν ήταν δυνατή η σύνδεση με τη βάση δεδομένων, δοκιμάστε ξανά αργότερα.\n"}},
	{"Turkish", "windows-1254", []string{"Hata: bağlantı reddedildi", "Yedekleme başarısız: diskte yeterli alan yok, şimdi çalışmıyor", "Sunucu yanıt vermiyor, işlem iptal edildi.\nVeritabanına bağlanılamadı, lütfen daha sonra yeniden deneyin. Kullanıcı: ışık, İstanbul şubesi değişti\n"}},
	{"Hebrew", "windows-1255 iso-8859-8", []string{"שגיאה: הגישה נדחתה", "הגיבוי נכשל: אין מספיק מקום בדיסק", "השרת אינו מגיב, הפעולה הופסקה.\nלא ניתן להתחבר למסד הנתונים, נסה שוב מאוחר יותר.\n"}},
	{"Arabic", "windows-1256 iso-8859-6", []string{"خطأ: تم رفض الوصول", "فشل النسخ الاحتياطي: لا توجد مساحة كافية على القرص", "الخادم لا يستجيب، تم إيقاف العملية.\nتعذر الاتصال بقاعدة البيانات، حاول مرة أخرى لاحقا.\n"}},
	{"Lithuanian", "windows-1257", []string{"Klaida: prieiga uždrausta", "Atsarginė kopija nepavyko: diske trūksta vietos, bandykite vėliau", "Serveris neatsako, operacija nutraukta.\nNepavyko prisijungti prie duomenų bazės, mėginkite dar kartą vėliau. Įrašų skaičius: 3, šįryt\n"}},
	{"Latvian", "windows-1257", []string{"Kļūda: piekļuve liegta", "Dublēšana neizdevās: diskā nepietiek vietas, mēģiniet vēlāk", "Serveris neatbild, darbība tika pārtraukta.\nNevarēja izveidot savienojumu ar datu bāzi, mēģiniet vēlreiz vēlāk. Lietotājs: jānis\n"}},
	{"Thai", "windows-874", []string{"ข้อผิดพลาด: การเข้าถึงถูกปฏิเสธ", "การสำรองข้อมูลล้มเหลว: พื้นที่ดิสก์ไม่เพียงพอ", "เซิร์ฟเวอร์ไม่ตอบสนอง การดำเนินการถูกยกเลิก\nไม่สามารถเชื่อมต่อฐานข้อมูลได้ โปรดลองอีกครั้งในภายหลัง\n"}},
	{"Japanese", "shift_jis euc-jp", []string{"エラー: 接続に失敗", "バックアップに失敗しました: ディスクの空き容量が不足しています", "サーバーが応答しません。処理を中止しました。\nデータベースに接続できません。しばらくしてから再試行してください。\n"}},
	{"Chinese", "gb18030", []string{"错误: 连接失败", "备份失败: 磁盘空间不足, 请尽快清理", "服务器没有响应，操作已中止。\n无法连接到数据库，请稍后重试。\n用户: 张伟, 错误数: 3\n"}},
	{"Taiwan", "big5", []string{"錯誤: 連線失敗", "備份失敗: 磁碟空間不足, 請儘快清理", "伺服器沒有回應，作業已中止。\n無法連線到資料庫，請稍後再試。\n使用者: 志明, 錯誤數: 3\n"}},
	{"Korean", "euc-kr", []string{"오류: 연결 실패", "백업 실패: 디스크 공간이 부족합니다", "서버가 응답하지 않아 작업이 중지되었습니다.\n데이터베이스에 연결할 수 없습니다. 나중에 다시 시도하십시오.\n"}},
	{"UTF-16", "utf-16le utf-16be", []string{"Ошибка: доступ запрещён", "备份失败: 磁盘空间不足, 请尽快清理", "Błąd: połączenie z bazą danych zostało odrzucone\nサーバーが応答しません。\n"}},
	{"UTF-8", "utf-8", []string{"Błąd: połączenie", "错误: 连接失败", "Ошибка: é ü 接続に失敗\n"}},
	{"ASCII", "us-ascii", []string{"Error: connection refused", "backup failed: no space left on device", "The server does not respond.\n\tat x (y:1)\n"}},
	{"Polish", "windows-1250 iso-8859-2", []string{"Użytkownik zażądał zamknięcia sesji"}},
	{"Polish", "ibm852", []string{"Błąd połączenia z bazą"}},
	{"Czech", "windows-1250 iso-8859-2", []string{"Přihlášení uživatele se nezdařilo: špatné heslo"}},
	{"Croatian", "windows-1250 iso-8859-2", []string{"Disk je pun, pokušajte ponovno kasnije, grešku je dojavio poslužitelj"}},
	{"Russian", "windows-1251 koi8-r iso-8859-5 ibm866", []string{"Диск заполнен на 95%"}},
	{"Russian", "windows-1251 koi8-r", []string{"СРОЧНО: СЕРВЕР НЕДОСТУПЕН"}},
	{"Russian", "windows-1251 koi8-r", []string{"Сбой cron: задание backup.sh завершилось с кодом 1"}},
	{"German", "windows-1252", []string{"Temp. 45°C, Kühlung läuft; 5 € – „ok“"}},
	{"German", "windows-1252", []string{"ÜBERLAUF: GERÄT STÖRT"}},
	{"German", "windows-1252", []string{"Größe: 10µm ±2, §5 Abs. 3, ½ Seite"}},
	{"German", "ibm850", []string{"Überprüfung läuft, größer"}},
	{"French", "windows-1252", []string{"L’opération n’a pas réussi : « accès refusé »"}},
	{"French", "windows-1252", []string{"© 2024 Société Générale – tous droits réservés"}},
	{"Norwegian", "windows-1252", []string{"Disken er full, vennligst rydd opp på serveren nå"}},
	{"a name", "windows-1252", []string{"Müller"}},
	{"a name", "windows-1252", []string{"José Núñez"}},
	{"a name", "windows-1250", []string{"Łukasz Żak"}},
}

// alike are samples that say something in another language too, one that has more
// texts, in the charset that is read: Hungarian idő is Portuguese idõ.
var alike = map[string]string{
	"Hungarian": "Hiba: időtúllépés", "Slovenian": "Varnostno kopiranje ni uspelo: na disku ni dovolj prostora, čakam",
	"Latvian": "Kļūda: piekļuve liegta", "Lithuanian": "Klaida: prieiga uždrausta",
	"Lithuanian, longer": "Atsarginė kopija nepavyko: diske trūksta vietos, bandykite vėliau",
}

func TestUndeclaredTextIsReadInTheCharsetOfItsLanguage(t *testing.T) {
	right, all := 0, 0
	for _, s := range detectSamples {
		for name := range strings.FieldsSeq(s.charset) {
			for _, text := range s.texts {
				all++
				got, _ := toUTF8(encode(t, name, text), "", "")
				if got == text {
					right++
				} else if !slices.Contains(slices.Collect(maps.Values(alike)), text) {
					t.Errorf("%s in %s:\n got %q\nwant %q", s.language, name, got, text)
				}
			}
		}
	}
	t.Logf("%d of %d", right, all)
}

func encode(t *testing.T, name, text string) []byte {
	t.Helper()
	encodings := map[string]encoding.Encoding{
		"utf-8": encoding.Nop, "us-ascii": encoding.Nop, "windows-874": charmap.Windows874,
		"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	}
	enc := encodings[name]
	if enc == nil {
		var err error
		if enc, err = ianaindex.MIME.Encoding(name); err != nil || enc == nil {
			t.Fatalf("no encoder of %s: %v", name, err)
		}
	}
	raw, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s cannot hold %q: %v", name, text, err)
	}
	return raw
}
