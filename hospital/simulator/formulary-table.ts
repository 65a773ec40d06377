/**
 * Key, generic name and strength, category, ages, course (once, short, weeks, long), price of a day in cents,
 * usual dosages.
 */
export const FORMULARY = `
amlodipine | Amlodipine 5 mg | Calcium channel blocker | 16+ | long | 9-35 | 1 tablet once daily; 1 tablet in the morning; 2 tablets once daily
lisinopril | Lisinopril 10 mg | ACE inhibitor | 16+ | long | 8-30 | 1 tablet once daily; 1 tablet in the evening
losartan | Losartan 50 mg | Angiotensin receptor blocker | 16+ | long | 12-45 | 1 tablet once daily; 1 tablet twice daily
metoprolol | Metoprolol succinate 50 mg | Beta blocker | 16+ | long | 14-55 | 1 tablet once daily; 2 tablets once daily
bisoprolol | Bisoprolol 2.5 mg | Beta blocker | 16+ | long | 12-40 | 1 tablet in the morning
atorvastatin | Atorvastatin 20 mg | Statin | 16+ | long | 15-60 | 1 tablet at bedtime; 2 tablets at bedtime
aspirin | Aspirin 75 mg | Antiplatelet | 16+ | long | 4-15 | 1 tablet once daily after food
clopidogrel | Clopidogrel 75 mg | Antiplatelet | 16+ | long | 25-90 | 1 tablet once daily
apixaban | Apixaban 5 mg | Anticoagulant | 18+ | long | 680-1490 | 1 tablet twice daily
enoxaparin | Enoxaparin 40 mg/0.4 ml | Anticoagulant | 18+ | short | 980-2150 | 1 injection under the skin once daily
furosemide | Furosemide 40 mg | Loop diuretic | 16+ | long | 7-28 | 1 tablet in the morning; 1 tablet twice daily
spironolactone | Spironolactone 25 mg | Potassium-sparing diuretic | 16+ | long | 18-65 | 1 tablet once daily
hydrochlorothiazide | Hydrochlorothiazide 25 mg | Thiazide diuretic | 16+ | long | 6-24 | 1 tablet in the morning
nitroglycerin | Nitroglycerin 400 mcg spray | Nitrate | 18+ | weeks | 60-180 | 1 spray under the tongue when in pain
metformin | Metformin 500 mg | Biguanide | 10+ | long | 10-38 | 1 tablet twice daily with meals; 2 tablets twice daily with meals
insulin-glargine | Insulin glargine 100 units/ml | Insulin | 6+ | long | 310-820 | 12 units at bedtime; 18 units at bedtime; 24 units at bedtime
insulin-aspart | Insulin aspart 100 units/ml | Insulin | 2+ | long | 290-760 | 4 units before each meal; 6 units before each meal
empagliflozin | Empagliflozin 10 mg | SGLT2 inhibitor | 18+ | long | 540-1620 | 1 tablet in the morning
semaglutide | Semaglutide 0.5 mg | GLP-1 receptor agonist | 18+ | long | 1480-3390 | 1 injection under the skin once a week
levothyroxine | Levothyroxine 50 mcg | Thyroid hormone | 6+ | long | 11-42 | 1 tablet before breakfast; 2 tablets before breakfast
methimazole | Methimazole 5 mg | Antithyroid | 12+ | long | 22-80 | 1 tablet twice daily
alendronate | Alendronate 70 mg | Bisphosphonate | 40+ | long | 35-110 | 1 tablet once a week
cholecalciferol | Cholecalciferol 1000 IU | Vitamin | 12+ | long | 5-20 | 1 capsule once daily
vitamin-d-drops | Vitamin D3 400 IU/drop | Vitamin | newborn-4 | long | 6-22 | 1 drop once daily
folic-acid | Folic acid 400 mcg | Vitamin | 12+ | long | 3-12 | 1 tablet once daily
ferrous-sulfate | Ferrous sulfate 325 mg | Iron supplement | 12+ | long | 6-25 | 1 tablet once daily; 1 tablet every other day
prenatal-vitamins | Prenatal multivitamin | Vitamin | 14-55 | long | 18-70 | 1 tablet once daily with food
amoxicillin | Amoxicillin 500 mg | Penicillin | 12+ | short | 45-140 | 1 capsule three times daily
amoxicillin-syrup | Amoxicillin 250 mg/5 ml | Penicillin | newborn-11 | short | 60-170 | 2.5 ml three times daily; 5 ml three times daily
amoxiclav | Amoxicillin/clavulanate 875/125 mg | Penicillin | 12+ | short | 120-360 | 1 tablet twice daily with food
azithromycin | Azithromycin 250 mg | Macrolide | 12+ | short | 160-520 | 2 tablets on day 1, then 1 tablet daily
azithromycin-single | Azithromycin 1 g | Macrolide | 12+ | once | 640-1890 | 1 sachet once
doxycycline | Doxycycline 100 mg | Tetracycline | 12+ | short | 70-260 | 1 capsule twice daily
nitrofurantoin | Nitrofurantoin 100 mg | Urinary antibiotic | 12+ | short | 130-410 | 1 capsule twice daily with food
fosfomycin | Fosfomycin 3 g | Urinary antibiotic | 12+ | once | 1890-4950 | 1 sachet once at bedtime
ciprofloxacin | Ciprofloxacin 500 mg | Fluoroquinolone | 18+ | short | 55-210 | 1 tablet twice daily
cefalexin | Cefalexin 500 mg | Cephalosporin | 12+ | short | 80-240 | 1 capsule four times daily
ceftriaxone | Ceftriaxone 1 g | Cephalosporin | 12+ | once | 720-2380 | 1 g by injection once
metronidazole | Metronidazole 400 mg | Nitroimidazole | 12+ | short | 30-120 | 1 tablet three times daily
fluconazole | Fluconazole 150 mg | Antifungal | 16+ | once | 280-990 | 1 capsule once
oseltamivir | Oseltamivir 75 mg | Antiviral | 12+ | short | 890-2450 | 1 capsule twice daily
aciclovir | Aciclovir 800 mg | Antiviral | 16+ | short | 160-540 | 1 tablet five times daily
mebendazole | Mebendazole 100 mg | Anthelmintic | 2+ | once | 210-680 | 1 tablet once, repeat after two weeks if needed
paracetamol | Paracetamol 500 mg | Analgesic | 12+ | short | 4-18 | 2 tablets every 6 hours as needed; 1 tablet every 6 hours as needed
paracetamol-syrup | Paracetamol 120 mg/5 ml | Analgesic | newborn-11 | short | 12-45 | 2.5 ml every 6 hours as needed; 5 ml every 6 hours as needed
ibuprofen | Ibuprofen 400 mg | NSAID | 12+ | short | 6-28 | 1 tablet three times daily after food
ibuprofen-syrup | Ibuprofen 100 mg/5 ml | NSAID | 0-11 | short | 14-50 | 2.5 ml three times daily; 5 ml three times daily
naproxen | Naproxen 500 mg | NSAID | 16+ | weeks | 15-60 | 1 tablet twice daily with food
diclofenac-gel | Diclofenac 1% gel | Topical NSAID | 14+ | weeks | 40-130 | apply to the joint three times daily
tramadol | Tramadol 50 mg | Opioid analgesic | 18+ | short | 25-95 | 1 capsule every 6 hours as needed
morphine | Morphine sulfate 10 mg | Opioid analgesic | 18+ | weeks | 60-230 | 1 tablet every 12 hours
salbutamol | Salbutamol 100 mcg inhaler | Bronchodilator | 4+ | long | 18-70 | 2 puffs as needed; 2 puffs every 4 hours as needed
budesonide-formoterol | Budesonide/formoterol 160/4.5 mcg | Inhaled corticosteroid | 12+ | long | 190-560 | 2 puffs twice daily
tiotropium | Tiotropium 18 mcg | Bronchodilator | 18+ | long | 240-690 | 1 capsule inhaled once daily
montelukast | Montelukast 5 mg chewable | Leukotriene antagonist | 4+ | long | 30-120 | 1 tablet in the evening
prednisolone | Prednisolone 5 mg | Corticosteroid | 6+ | short | 15-70 | 4 tablets in the morning; 8 tablets in the morning
cetirizine | Cetirizine 10 mg | Antihistamine | 6+ | weeks | 6-30 | 1 tablet once daily
mometasone | Mometasone 50 mcg nasal spray | Nasal corticosteroid | 3+ | weeks | 35-110 | 2 sprays in each nostril once daily
epinephrine | Epinephrine 0.3 mg auto-injector | Sympathomimetic | 6+ | once | 5400-14900 | 1 injection into the thigh in an emergency
omeprazole | Omeprazole 20 mg | Proton pump inhibitor | 12+ | weeks | 10-45 | 1 capsule before breakfast; 1 capsule twice daily
ondansetron | Ondansetron 4 mg | Antiemetic | 4+ | short | 60-280 | 1 tablet every 8 hours as needed
oral-rehydration | Oral rehydration salts | Electrolytes | newborn+ | short | 25-90 | 1 sachet in 200 ml of water after each loose stool
macrogol | Macrogol 13.8 g | Osmotic laxative | 2+ | weeks | 35-120 | 1 sachet once daily; 1 sachet twice daily
mesalazine | Mesalazine 1 g | Aminosalicylate | 16+ | long | 220-640 | 2 tablets once daily
adalimumab | Adalimumab 40 mg/0.4 ml | TNF inhibitor | 16+ | long | 5900-9950 | 1 injection every two weeks
methotrexate | Methotrexate 2.5 mg | Antirheumatic | 18+ | long | 20-85 | 4 tablets once a week; 6 tablets once a week
allopurinol | Allopurinol 100 mg | Xanthine oxidase inhibitor | 18+ | long | 6-26 | 1 tablet once daily; 3 tablets once daily
colchicine | Colchicine 500 mcg | Antigout | 18+ | short | 90-330 | 1 tablet twice daily
sertraline | Sertraline 50 mg | SSRI antidepressant | 12+ | long | 10-48 | 1 tablet in the morning; 2 tablets in the morning
mirtazapine | Mirtazapine 15 mg | Antidepressant | 18+ | long | 14-55 | 1 tablet at bedtime
quetiapine | Quetiapine 100 mg | Antipsychotic | 16+ | long | 30-140 | 1 tablet at bedtime; 1 tablet twice daily
lithium | Lithium carbonate 300 mg | Mood stabilizer | 16+ | long | 16-60 | 1 capsule twice daily
methylphenidate | Methylphenidate 18 mg | Stimulant | 6-40 | long | 140-430 | 1 tablet in the morning
melatonin | Melatonin 2 mg | Hypnotic | 18+ | weeks | 40-120 | 1 tablet one hour before bedtime
levetiracetam | Levetiracetam 500 mg | Antiepileptic | 6+ | long | 35-150 | 1 tablet twice daily
sumatriptan | Sumatriptan 50 mg | Triptan | 18+ | short | 190-720 | 1 tablet at the start of a headache
topiramate | Topiramate 25 mg | Antiepileptic | 12+ | long | 20-90 | 1 tablet at bedtime; 1 tablet twice daily
levodopa | Levodopa/carbidopa 100/25 mg | Antiparkinsonian | 30+ | long | 55-190 | 1 tablet three times daily
donepezil | Donepezil 5 mg | Cholinesterase inhibitor | 50+ | long | 30-130 | 1 tablet at bedtime
gabapentin | Gabapentin 300 mg | Antiepileptic | 18+ | long | 20-95 | 1 capsule three times daily
tamsulosin | Tamsulosin 400 mcg | Alpha blocker | 40+ | long | 18-75 | 1 capsule after breakfast
solifenacin | Solifenacin 5 mg | Antimuscarinic | 18+ | long | 60-240 | 1 tablet once daily
tamoxifen | Tamoxifen 20 mg | Antiestrogen | 18+ | long | 45-180 | 1 tablet once daily
anastrozole | Anastrozole 1 mg | Aromatase inhibitor | 45+ | long | 60-260 | 1 tablet once daily
bicalutamide | Bicalutamide 50 mg | Antiandrogen | 40+ | long | 110-390 | 1 tablet once daily
capecitabine | Capecitabine 500 mg | Antimetabolite | 18+ | weeks | 1250-3880 | 3 tablets twice daily after food
imatinib | Imatinib 400 mg | Kinase inhibitor | 18+ | long | 3900-9800 | 1 tablet once daily with food
hydrocortisone-cream | Hydrocortisone 1% cream | Topical corticosteroid | 0+ | short | 25-90 | apply thinly twice daily
betamethasone-cream | Betamethasone 0.1% cream | Topical corticosteroid | 12+ | weeks | 45-150 | apply thinly once daily
benzoyl-peroxide | Benzoyl peroxide 5% gel | Topical antiacne | 12+ | weeks | 35-120 | apply at night
terbinafine-cream | Terbinafine 1% cream | Topical antifungal | 12+ | weeks | 40-150 | apply once daily
permethrin | Permethrin 5% cream | Antiparasitic | 1+ | once | 780-2290 | apply to the whole body once, wash off after 12 hours
ciprofloxacin-drops | Ciprofloxacin 0.3% ear drops | Topical antibiotic | 1+ | short | 110-380 | 3 drops in the ear twice daily
chloramphenicol-drops | Chloramphenicol 0.5% eye drops | Topical antibiotic | 2+ | short | 60-210 | 1 drop in the eye every 4 hours
latanoprost | Latanoprost 0.005% eye drops | Prostaglandin analogue | 30+ | long | 55-230 | 1 drop in each eye at night
artificial-tears | Carmellose 0.5% eye drops | Ocular lubricant | 12+ | weeks | 30-110 | 1 drop in each eye four times daily
betahistine | Betahistine 16 mg | Antivertigo | 18+ | weeks | 25-95 | 1 tablet three times daily
ethinylestradiol | Ethinylestradiol/levonorgestrel 30/150 mcg | Contraceptive | 14-50 | long | 25-110 | 1 tablet once daily
progesterone | Progesterone 200 mg | Progestogen | 18-60 | weeks | 120-420 | 1 capsule at bedtime
methyldopa | Methyldopa 250 mg | Antihypertensive | 14-55 | weeks | 40-150 | 1 tablet three times daily
sevelamer | Sevelamer 800 mg | Phosphate binder | 18+ | long | 260-780 | 1 tablet with each meal
`
