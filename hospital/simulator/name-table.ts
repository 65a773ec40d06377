/**
 * Origin, share, order (western: given family; eastern: family given; joined: the same without a space;
 * double: given and two family names), women's names, men's names, family names (for him/for her where they differ).
 */
export const NAMES = `
english | 300 | western | Olivia, Emma, Charlotte, Amelia, Sophie, Grace, Hannah, Margaret, Dorothy, Ruth, Linda, Susan, Karen, Jessica, Ashley, Megan | James, William, Henry, Oliver, George, Thomas, Jack, Daniel, Matthew, Robert, Richard, Charles, Kevin, Ryan, Tyler, Walter | Smith, Johnson, Williams, Brown, Taylor, Davies, Wilson, Evans, Walker, Wright, Clarke, Hughes, Turner, Parker, Cooper, Bennett, Harris, Reed
irish | 50 | western | Aoife, Niamh, Siobhán, Róisín, Saoirse, Bridget | Conor, Seán, Patrick, Declan, Cillian, Eoin | O'Brien, O'Connor, O'Sullivan, Murphy, Kelly, Byrne, Ó Súilleabháin, D'Arcy
hispanic | 130 | double | María, Lucía, Sofía, Isabella, Valentina, Camila, Carmen, Guadalupe, Ximena | José, Luis, Santiago, Mateo, Diego, Ángel, Joaquín, Andrés, Jesús | García, Hernández, López, Martínez, Rodríguez, Muñoz, Peña, Núñez, Jiménez, Vázquez
german | 50 | western | Anna, Lena, Käthe, Greta, Heike, Ursula | Lukas, Jürgen, Jörg, Björn, Hans, Karl-Heinz, Günther | Müller, Schäfer, Weiß, Köhler, Groß, Schröder, von der Heide, Becker
french | 45 | western | Chloé, Zoé, Hélène, Françoise, Geneviève, Anaïs | François, Jérôme, Étienne, Loïc, Jean-Luc, Benoît | Lefèvre, Dubois, Béranger, d'Estaing, L'Hôpital, Moreau, Le Gall
italian | 45 | western | Giulia, Chiara, Francesca, Aurora, Rosa | Marco, Alessandro, Luca, Giovanni, Niccolò | Rossi, D'Angelo, Dell'Acqua, Esposito, De Luca, Ferrari
polish | 40 | western | Zofia, Małgorzata, Agnieszka, Katarzyna, Łucja | Paweł, Łukasz, Michał, Stanisław, Grzegorz | Kowalski/Kowalska, Wiśniewski/Wiśniewska, Wójcik, Zieliński/Zielińska, Dąbrowski/Dąbrowska
czech | 20 | western | Tereza, Kateřina, Jiřina, Božena | Jiří, Tomáš, Ondřej, Zdeněk | Novák/Nováková, Dvořák/Dvořáková, Černý/Černá, Růžička/Růžičková
nordic | 30 | western | Åsa, Ingrid, Sigríður, Freja, Marit, Päivi | Søren, Åke, Björn, Lars, Jussi, Óskar | Sørensen, Åkerlund, Lindström, Hämäläinen, Ødegård, Nilsson
turkish | 35 | western | Ayşe, Zeynep, Gülşen, Elif, Çiğdem | Mehmet, Oğuz, Çağlar, İbrahim, Ömer | Yılmaz, Öztürk, Şahin, Çelik, Doğan
portuguese | 35 | double | Conceição, Inês, Beatriz, Luísa | João, António, Gonçalo, Simão, Vítor | Conceição, Gonçalves, Magalhães, Araújo, Simões
vietnamese | 35 | eastern | Thị Hương, Ngọc Ánh, Thu Hằng, Bích Ngọc | Văn Dũng, Minh Đức, Quốc Hùng, Anh Tuấn | Nguyễn, Trần, Phạm, Đặng, Lê
chinese | 40 | joined | 秀英, 丽华, 欣怡, 婷婷, 雪梅 | 伟, 建国, 子轩, 志强, 浩然 | 王, 李, 张, 刘, 陈, 欧阳
japanese | 20 | eastern | 美咲, 陽菜, 由美子, さくら | 翔太, 健一, 大翔, 悠真 | 佐藤, 鈴木, 高橋, 渡邊, 小林
korean | 25 | joined | 서연, 지우, 영희, 수빈 | 민준, 도윤, 철수, 현우 | 김, 이, 박, 최, 정
russian | 30 | western | Анастасия, Екатерина, Ольга, Татьяна, Юлия | Александр, Дмитрий, Сергей, Фёдор, Игорь | Иванов/Иванова, Смирнов/Смирнова, Кузнецов/Кузнецова, Достоевский/Достоевская
ukrainian | 20 | western | Оксана, Людмила, Соломія, Ганна | Тарас, Андрій, Олексій, В'ячеслав | Шевченко, Коваленко, Лук'яненко, Бойко
greek | 20 | western | Ελένη, Αικατερίνη, Σοφία, Δέσποινα | Γιώργος, Νικόλαος, Δημήτρης, Χρήστος | Παπαδόπουλος/Παπαδοπούλου, Οικονόμου, Γεωργίου
arabic | 45 | western | فاطمة, مريم, عائشة, ليلى, نور | محمد, أحمد, يوسف, عمر, خالد | الأحمد, حسن, المصري, الخطيب, العلي
hebrew | 15 | western | נועה, תמר, מיכל, שירה | דוד, יוסף, אורי, נועם | כהן, לוי, מזרחי, פרץ
hindi | 35 | western | प्रिया, अनीता, सुनीता, लक्ष्मी | अमित, राहुल, विजय, संजय | शर्मा, वर्मा, गुप्ता, सिंह
indian | 40 | western | Priya, Ananya, Lakshmi, Deepika, Meera | Arjun, Rohan, Vikram, Sanjay, Ravi | Patel, Sharma, Reddy, Iyer, Nair, Singh
nigerian | 30 | western | Adaeze, Ngozi, Fúnmiláyọ̀, Chiamaka | Chinedu, Olúwaṣeun, Emeka, Tunde | Okafor, Adébáyọ̀, Nwosu, Eze, Ọláwálé
ethiopian | 10 | western | ሰላም, ትግስት, ሃና | ዳዊት, አበበ, ዮሐንስ | ተስፋዬ, በቀለ, ገብረ
thai | 10 | western | สุดา, มาลี, กัญญา | สมชาย, ธนา, วิชัย | สุขใจ, ศรีสุข, ทองดี
hawaiian | 10 | western | Leilani, Kaʻiulani, Malia | Keoni, Kekoa, Makoa | Kealoha, Kahananui, Kaʻaukai
`
