/**
 * Given names that people who came from elsewhere, and their children, have in towns of the United States. Those of the census lists are in
 * the other files. As two of them, they tell twins and brothers and sisters apart: the letters of short ones are often alike.
 */
export const NAMES_FROM_ABROAD: ReadonlySet<string> = new Set(
  `
abdul abdullah abel adan adela adelaida adrian adriana agata agnieszka ahmed aisha alain alan alba alberto aldo alejandra alejandro aleksander
aleksandra alessandra alessandro alexandre alexei alfonso alfredo ali alicja alina alma alvaro amadou amalia amara ambika amina amir amit ana
anand anastasia andre andrea andreas andreea andrei andres andrzej anil anita anjali ankit anselmo anya apolinar araceli aram ariel arjun
armando arturo arun aruna asha ashok asif augusto aurelia aurelio aurora ayesha aziz baltazar bao barbora bashir beata beatriz benito berenice
bharat bich bilal binh bogdan boris bruna bruno camila camilo candida carlos carlota carmela carmelo carmen carolina catalina catarina cecilio
celia cesar chang chao chen chi chidi chinh chun cong consuelo corazon cosmin cristian cristina cristobal cuc cuong czeslaw dai dalia dang danh
daniela danuta dao dariusz deepak delfina delia demetrio devi diego dilip dina dinesh dmitri dolores dominika domingos donatella dong duarte duc
dung duong duy duyen edgar edgardo eduarda eduardo efrain ekaterina elena eliana eliseo elvia elzbieta emeka emilia emiliano emilio enrique
epifanio erika ernesto esmeralda esperanza estela esteban eugenio eva evangelina ewa ezequiel fabian fabio fang farah fatima fatou federico
feliciano felicidad felipe felix feng fermin fernanda fernando fidel florencia florin francesca francesco francois franz gabriela galina gang
genaro george georgi gerardo germain ghulam gilberto giorgio giovanni giulia giuseppe gloria gonzalo grazyna graciela gregorio grzegorz guadalupe
guang guillermo gustavo ha hai halima halina han hang hanh hanna hao hari harpreet hasan hassan hector helena helga hemant henryk herminia hernan
hien hieu hilario hiroshi hoa hoai hoan hoang hong hortencia hugo humberto hung huong huy huyen hye ian ibrahim ignacio igor ildefonso imelda
indira ines inez ioana ion irena irina irma isabela isabella isidro ismael ivan ivana jacek jacinta jacinto jadwiga jae jagdish jaime jan janina
janusz jarek jaroslaw javier jean jelena jerzy jesus jia jian jianguo jiang jie jin jing joana joao joaquim jolanta jorge josef josefa josefina
jose juana juanita julia julieta julio jun jung justyna kamal kamala kang karina karol karthik kasia katarina katarzyna kavita kazimierz keiko
kelechi kenji khadija khalid khanh khoa khoi kiran kofi krishna krystyna krzysztof kwame lakshmi lalita lam lan larisa lata laszlo layla lazaro
lei leila leonardo leonel leonor leopoldo leszek leticia lien lihua lilia liliana lin linh liza loan loc long lorenzo lourdes lubos luca lucia
luciana luciano ludmila luigi luis luisa lukasz luz lwin lyudmila magda magdalena mahesh mahmoud mai malgorzata mamadou manh manoj manuel manuela
mara marcela marcelino marcelo marcin marcio marco marcos marek margarita mariam mariana mariano maribel maricela mariela mario mariola mariusz
marisol marta martina marzena mateo mateusz mauricio maximo may mehmet mei mercedes miguel mihai mikhail milan milena min minh ming mirela mireya
miriam mirjana mirna miroslav misael mohan monica monika mukesh murali mustafa my nadia naoko narayan natalia neha nelida nelson nestor nga ngoc
nguyet nha nhan nhi nhu nicanor nicolae nicolas nikhil nikolai nilda nilsa nina nirmala nisha noemi norberto nuno octavio odilia oksana olga omar
orlando oscar osvaldo padma paola paolo pascual paulina paulo pavel pawel pedro pei peng perla petra phong phuc phung phuoc phuong pilar piotr
pooja pradeep prakash pranav prem priya qiang qing quan quang quoc quyen quynh rachid rafael rahul raj rajesh rakesh ramesh ramiro ramon raquel
rashid raul ravi refugio reina renata renato rene reynaldo rhea ricardo rigoberto rita roberto rocio rodolfo rodrigo rogelio rohan rolando roman
romeo rosa rosalba rosalia rosalinda rosario rosaura ruben rui ruslan sabina sadia said salma salvador samir samira sana sandeep sang sanjay santiago
santos saroj satish sebastian serafin serge sergei sergio seung shan sharmila shilpa shu silvia simona sita slawomir sofia sol son song soon soo
stanislaw stefan stefano stella suda sunil sunita suresh svetlana sylwia tadeusz tai tam tan tania tao tariq tatiana tatyana teodoro teresita thang
thanh thao thi thien thinh thoa tho thong thu thuan thuy tien tin ting toan tomas tomasz trang tri trinh truc trung tu tuan tung tuyen tuyet ursula
usha uyen vadim valentin valentina valeria van vanja vasile veronica vicente vidya viet vijay viktor vinay vinh violeta virgilio vivek vlad vladimir
waldemar wanda wei wen wieslaw wilfredo witold wojciech xavier xia xiang xiao xiaohong xiaoyan xin xiu xuan yadira yan yana yang yanira yasmin
yelena yen yesenia ying yolanda yong young yuan yuki yulia yun yuri yusuf zahra zainab zbigniew zdzislaw zeng zhen zheng zhi zhong zofia zoltan zuzana
`
    .trim()
    .split(/\s+/),
);
